use platform::host::{Host, HostConfig, HostElement};

type Install = fn(&mut HostElement) -> platform::Result;

const AID: &[u8] = &[0xA0, 0, 0, 0, 1, 2, 1];
const SHOW: &[u8] = &[0x80, 0xF0, 0, 0, 0];

/// A card with the program, behind these commands.
fn card(install: Install, before: &[Vec<u8>]) -> HostElement {
    let mut card = HostElement::new(&HostConfig::default());
    install(&mut card).expect("an applet");
    card.select(AID);
    for command in before {
        card.transmit(command);
    }
    card
}

fn main() {
    let file = std::env::args().nth(1).expect("a session");
    let session = std::fs::read_to_string(file).expect("a session");
    let mut install = PROGRAMS[0];
    let (mut element, mut before) = (card(install, &[]), Vec::new());
    for line in session.lines() {
        let (verb, rest) = line.split_once(' ').expect("a verb and what it needs");
        if verb == "program" {
            install = PROGRAMS[rest.parse::<usize>().expect("a number")];
            (element, before) = (card(install, &[]), Vec::new());
            continue;
        }
        let command = decode(rest);
        let answer = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let mut states = String::new();
            for writes in 0.. {
                let mut torn = match verb {
                    "torn" => card(install, &before),
                    _ => break,
                };
                if torn.transmit_torn(&command, writes).is_ok() {
                    break;
                }
                torn.select(AID);
                states += &(encode(&torn.transmit(SHOW)) + " ");
            }
            states + &encode(&element.transmit(&command))
        }));
        println!("{}", answer.unwrap_or_else(|_| "panic".to_owned()));
        if verb == "torn" {
            before.push(command);
        }
    }
}

fn encode(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn decode(text: &str) -> Vec<u8> {
    (0..text.len() / 2)
        .map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).expect("hexadecimal digits"))
        .collect()
}
