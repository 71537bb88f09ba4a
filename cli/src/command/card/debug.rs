//! `tenkoku card debug`

use crate::debugger::{self, Session};
use crate::failure::Failure;
use crate::script::{self, Step};
use crate::simulator::CardArguments;
use clap::Args;
use std::net::{TcpListener, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// The arguments of `tenkoku card debug`.
#[derive(Args, Debug)]
#[command(
    after_help = "An editor that speaks the Debug Adapter Protocol starts this command and sets breakpoints in the applet's \
                  source; the script runs when it is ready, and its responses appear in the debug console. Steps go by \
                  source lines, or by instructions where the editor asks for that. The source comes from the map beside \
                  the CAP file (`tenkoku build --emit cap,map`) or from its Debug component.\n\n\
                  Example:\n  tenkoku card debug --cap jpki.cap --install D392F000260100000001 --script session.apdu \
                  --listen 127.0.0.1:4711"
)]
pub struct Debug {
    /// The commands that the card gets, from a file.
    #[arg(long, value_name = "FILE")]
    pub script: PathBuf,
    /// Wait here for the editor, instead of talking over standard input and output. An address of
    /// this machine: whoever connects sees every PIN.
    #[arg(long, value_name = "HOST:PORT")]
    pub listen: Option<String>,
    /// The card.
    #[command(flatten)]
    pub card: CardArguments,
}

impl Debug {
    /// Runs the script under an editor's control.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self) -> Result<(), Failure> {
        let lines = script::read(&self.script)?;
        let sources = self.card.sources()?;
        let mut simulator = self.card.make()?;
        let connection = match &self.listen {
            None => debugger::stdio(),
            Some(address) => {
                let listener = listen(address)?;
                if let Ok(address) = listener.local_addr() {
                    sayln!("waiting for an editor at {address}");
                }
                debugger::connect(&listener).map_err(|error| Failure::input(address, error))?
            }
        };
        let session = Arc::new(Mutex::new(Session::new(connection, sources)));
        let locked = || session.lock().unwrap_or_else(PoisonError::into_inner);
        if !locked().wait_for_start() {
            return Ok(());
        }
        simulator.card().watch(Some(Box::new(Arc::clone(&session))));
        for line in &lines {
            if locked().is_over() {
                break;
            }
            match &line.step {
                Step::Reset => {
                    locked().print("!reset\n");
                    simulator.power_cycle()?;
                }
                Step::Command(command) => {
                    locked().print(&format!("> {}\n", hex::encode_upper(command)));
                    let response = simulator.exchange(command)?;
                    locked().print(&format!("< {}\n", hex::encode_upper(response)));
                }
            }
        }
        simulator.card().watch(None);
        locked().end();
        Ok(())
    }
}

/// Binds to an address of this machine.
fn listen(address: &str) -> Result<TcpListener, Failure> {
    let wrong = |error: std::io::Error| Failure::input(address, error);
    let found = address.to_socket_addrs().map_err(wrong)?.next();
    match found {
        Some(found) if found.ip().is_loopback() => TcpListener::bind(found).map_err(wrong),
        _ => Err(Failure::Usage(format!(
            "{address} is not an address of this machine; use 127.0.0.1"
        ))),
    }
}
