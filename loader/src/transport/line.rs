//! A serial line, as the protocols above it want it.

use super::TransportError;
use serialport::{ClearBuffer, DataBits, FlowControl, Parity, SerialPort, StopBits};
use std::io;
use std::time::{Duration, Instant};

/// How characters look on a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// 8 bits, even parity, 2 stop bits: 12 bit times a character.
    Even,
    /// 8 bits, even parity, 1 stop bit: 11 bit times a character.
    EvenShort,
    /// 8 bits, odd parity, 2 stop bits; an inverse convention looks so.
    Odd,
    /// 8 bits, odd parity, 1 stop bit.
    OddShort,
    /// 8 bits, no parity, 1 stop bit.
    Plain,
}

/// A serial line with two outgoing control lines. [`SerialLine`] is a real one; tests bring their own.
pub trait Line {
    /// What it is called.
    fn name(&self) -> String;

    /// Sends all of it.
    ///
    /// # Errors
    /// [`TransportError::Port`] where the port is gone.
    fn send(&mut self, bytes: &[u8]) -> Result<(), TransportError>;

    /// Waits until something comes, at most so long; gives how many bytes of the buffer are filled, 0 where nothing
    /// came.
    ///
    /// # Errors
    /// [`TransportError::Port`].
    fn receive(&mut self, buffer: &mut [u8], wait: Duration) -> Result<usize, TransportError>;

    /// Forgets what came and was not read.
    ///
    /// # Errors
    /// [`TransportError::Port`].
    fn clear(&mut self) -> Result<(), TransportError>;

    /// Sets bits a second and the form of characters.
    ///
    /// # Errors
    /// [`TransportError::Port`] where the port cannot.
    fn configure(&mut self, baud: u32, frame: Frame) -> Result<(), TransportError>;

    /// Sets the control lines DTR and RTS.
    ///
    /// # Errors
    /// [`TransportError::Port`].
    fn control(&mut self, dtr: bool, rts: bool) -> Result<(), TransportError>;

    /// Lets time pass.
    fn pause(&mut self, time: Duration);
}

/// A serial port of this machine.
///
/// A port without control lines, such as a pseudo-terminal, is closed where DTR goes down and opened again where it
/// comes back: a device that is powered by DTR sees the same.
pub struct SerialLine {
    path: String,
    port: Option<Box<dyn SerialPort>>,
    baud: u32,
    frame: Frame,
    has_control: bool,
}

impl SerialLine {
    /// Opens a port; other programs cannot open it meanwhile.
    ///
    /// # Errors
    /// [`TransportError::Port`]: no such port, in use, no permission.
    pub fn open(path: &str, baud: u32, frame: Frame) -> Result<Self, TransportError> {
        let mut line = Self {
            path: path.to_owned(),
            port: None,
            baud,
            frame,
            has_control: true,
        };
        line.port = Some(line.open_port()?);
        Ok(line)
    }

    fn open_port(&self) -> Result<Box<dyn SerialPort>, TransportError> {
        let (parity, stop_bits) = settings(self.frame);
        serialport::new(&self.path, self.baud)
            .data_bits(DataBits::Eight)
            .parity(parity)
            .stop_bits(stop_bits)
            .flow_control(FlowControl::None)
            .open()
            .map_err(|cause| self.failed(cause))
    }

    fn failed(&self, cause: impl ToString) -> TransportError {
        TransportError::Port {
            port: self.path.clone(),
            cause: cause.to_string(),
        }
    }

    fn port(&mut self) -> Result<&mut Box<dyn SerialPort>, TransportError> {
        match &mut self.port {
            Some(port) => Ok(port),
            None => Err(TransportError::Port {
                port: self.path.clone(),
                cause: "it is closed".to_owned(),
            }),
        }
    }
}

const fn settings(frame: Frame) -> (Parity, StopBits) {
    match frame {
        Frame::Even => (Parity::Even, StopBits::Two),
        Frame::EvenShort => (Parity::Even, StopBits::One),
        Frame::Odd => (Parity::Odd, StopBits::Two),
        Frame::OddShort => (Parity::Odd, StopBits::One),
        Frame::Plain => (Parity::None, StopBits::One),
    }
}

impl Line for SerialLine {
    fn name(&self) -> String {
        self.path.clone()
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), TransportError> {
        // How long that many characters take at this rate, and the system's share.
        let characters = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let time =
            Duration::from_millis(characters.saturating_mul(12_000) / u64::from(self.baud.max(1)));
        let port = self.port()?;
        let sent = port
            .set_timeout(time + Duration::from_secs(1))
            .map_err(io::Error::from)
            .and_then(|()| io::Write::write_all(port, bytes));
        sent.map_err(|cause| self.failed(cause))
    }

    fn receive(&mut self, buffer: &mut [u8], wait: Duration) -> Result<usize, TransportError> {
        let start = Instant::now();
        let port = self.port()?;
        loop {
            // The port counts in milliseconds.
            let left = wait
                .saturating_sub(start.elapsed())
                .max(Duration::from_millis(1));
            let read = port
                .set_timeout(left)
                .map_err(io::Error::from)
                .and_then(|()| io::Read::read(port, buffer));
            match read {
                Ok(0) => return Err(self.failed("it was unplugged")),
                Ok(count) => return Ok(count),
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) if cause.kind() == io::ErrorKind::TimedOut => {
                    if start.elapsed() >= wait {
                        return Ok(0);
                    }
                }
                Err(cause) => return Err(self.failed(cause)),
            }
        }
    }

    fn clear(&mut self) -> Result<(), TransportError> {
        let cleared = self.port()?.clear(ClearBuffer::Input);
        cleared.map_err(|cause| self.failed(cause))
    }

    fn configure(&mut self, baud: u32, frame: Frame) -> Result<(), TransportError> {
        if (baud, frame) == (self.baud, self.frame) {
            return Ok(());
        }
        let (parity, stop_bits) = settings(frame);
        let port = self.port()?;
        let set = port
            .set_baud_rate(baud)
            .and_then(|()| port.set_parity(parity))
            .and_then(|()| port.set_stop_bits(stop_bits));
        set.map_err(|cause| self.failed(cause))?;
        (self.baud, self.frame) = (baud, frame);
        Ok(())
    }

    fn control(&mut self, dtr: bool, rts: bool) -> Result<(), TransportError> {
        if self.has_control {
            let port = self.port()?;
            let set = port
                .write_data_terminal_ready(dtr)
                .and_then(|()| port.write_request_to_send(rts));
            if set.is_ok() {
                return Ok(());
            }
            self.has_control = false;
        }
        match (dtr, self.port.is_some()) {
            (false, true) => self.port = None,
            (true, false) => self.port = Some(self.open_port()?),
            _ => {}
        }
        Ok(())
    }

    fn pause(&mut self, time: Duration) {
        std::thread::sleep(time);
    }
}
