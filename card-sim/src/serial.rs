//! The card at the end of a pseudo-terminal, where a serial adapter would be: a program opens the other end as it
//! would open the adapter's port.

use card_link::Peripheral;
use serialport::{SerialPort, TTYPort};
use std::io::{self, Read, Write};
use std::time::Duration;

/// A pseudo-terminal; this is the device's end.
pub struct Terminal {
    port: TTYPort,
    path: String,
}

/// How long the line must be quiet before the device takes a message as broken off.
const QUIET: Duration = Duration::from_millis(50);
/// How often the device looks whether the other end was opened.
const LOOK: Duration = Duration::from_millis(2);

impl Terminal {
    /// Opens one.
    ///
    /// # Errors
    /// What the system says.
    pub fn open() -> io::Result<Self> {
        let (mut port, other) = TTYPort::pair()?;
        let path = other.name().unwrap_or_default();
        port.set_timeout(QUIET)?;
        Ok(Self { port, path })
    }

    /// What the other end is called, for instance `/dev/pts/3`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

/// Serves until `ended` says so. Where the other end is opened, power comes and the device is reset; where it is
/// closed, power goes.
///
/// # Errors
/// What the system says of the device's end.
pub fn serve(
    terminal: &mut Terminal,
    device: &mut impl Peripheral,
    ended: &mut impl FnMut() -> bool,
) -> io::Result<()> {
    let mut powered = false;
    let mut buffer = [0; 512];
    while !ended() {
        let said = match terminal.port.read(&mut buffer) {
            Ok(count) => {
                let mut said = if powered { Vec::new() } else { device.reset() };
                powered = true;
                let heard = buffer.get(..count).unwrap_or_default();
                if device.echoes() {
                    said.extend_from_slice(heard);
                    // The device may take its time.
                    if terminal.port.write_all(&said).is_err() {
                        powered = false;
                        continue;
                    }
                    said.clear();
                }
                said.extend(device.receive(heard));
                said
            }
            Err(cause) if cause.kind() == io::ErrorKind::TimedOut => {
                if powered {
                    device.silence()
                } else {
                    powered = true;
                    device.reset()
                }
            }
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => Vec::new(),
            // Nobody has the other end open.
            Err(_) => {
                powered = false;
                std::thread::sleep(LOOK);
                Vec::new()
            }
        };
        // Where the other end closes meanwhile, the next read tells.
        if terminal.port.write_all(&said).is_err() {
            powered = false;
        }
    }
    Ok(())
}
