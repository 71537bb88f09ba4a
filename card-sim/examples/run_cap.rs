//! Loads a CAP file, installs its first applet and sends it the commands of the command line.
//!
//! `cargo run -p card-sim --example run_cap -- applet.cap 8010000000 8011000010`

use cap_file::CapFile;
use card_sim::{Aid, Card, CardConfig};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("which CAP file?")?;
    let cap = CapFile::read(&std::fs::read(path)?)?;
    let mut card = Card::new(&CardConfig::default());
    card.load_cap(&cap)?;
    let applets = cap.applet.ok_or("the CAP file has no applet")?.applets;
    let aid = applets.first().and_then(|applet| Aid::new(&applet.aid.0));
    let aid = aid.ok_or("the CAP file has no applet")?;
    card.install(aid, aid, &[])?;
    let bytes = aid.as_bytes();
    let select = [&[0, 0xA4, 4, 0, u8::try_from(bytes.len())?], bytes].concat();
    println!("< {}", hex::encode_upper(card.transmit(&select)));
    if let Some(fault) = card.last_fault() {
        println!("  {fault}");
    }
    for argument in arguments {
        if argument == "reset" {
            println!("< {}", hex::encode_upper(card.reset()));
            card.transmit(&select);
            continue;
        }
        let response = card.transmit(&hex::decode(&argument)?);
        println!("> {argument}\n< {}", hex::encode_upper(response));
        if let Some(fault) = card.last_fault() {
            println!("  {fault}");
        }
    }
    println!("{:?}", card.statistics());
    Ok(())
}
