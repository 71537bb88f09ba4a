//! The vectors on the model and on the simulated card with the compiled applet: every response is
//! the same, byte for byte.

use crate::{SEED, card};
use conformance::target::{Model, Simulator};
use conformance::{Suite, run};

#[test]
fn every_vector_gives_the_same_bytes_on_model_and_simulator() {
    let suite = Suite::jpki().unwrap();
    let model = run(&suite, &mut Model::with_seed(SEED), &mut |_| ());
    let simulator = run(&suite, &mut Simulator::new(card()), &mut |_| ());
    let mut differences = Vec::new();
    for (model, simulator) in model.vectors.iter().zip(&simulator.vectors) {
        if model.exchanges != simulator.exchanges || model.outcome != simulator.outcome {
            let first = model
                .exchanges
                .iter()
                .zip(&simulator.exchanges)
                .find(|(model, simulator)| model != simulator);
            let first = first.map(|(model, simulator)| {
                format!(
                    "{:02X?}: model {:02X?}, simulator {:02X?}",
                    model.command, model.response, simulator.response
                )
            });
            differences.push(format!("{}: {first:?} {:?}", model.name, simulator.outcome));
        }
    }
    assert!(
        differences.is_empty(),
        "{} differ:\n{}",
        differences.len(),
        differences.join("\n")
    );
    assert_eq!(simulator.failures().count(), 0);
}
