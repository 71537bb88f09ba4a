//! The Debug Adapter Protocol's messages: a header with a length, then JSON.

use serde_json::{Value, json};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

/// The longest message that is taken.
const LONGEST: usize = 1 << 20;

/// A connection to an editor.
pub(crate) struct Connection {
    /// Requests, as they come in. It ends when the editor goes away.
    pub(super) requests: Receiver<Value>,
    writer: Box<dyn Write + Send>,
    sequence: u64,
}

/// Talks over standard input and output.
pub(crate) fn stdio() -> Connection {
    Connection::new(io::stdin(), Box::new(io::stdout()))
}

/// Waits for one editor to connect. `address` is on this machine unless the caller allowed others.
pub(crate) fn connect(listener: &TcpListener) -> io::Result<Connection> {
    let (stream, _) = listener.accept()?;
    stream.set_nodelay(true)?;
    let reader = stream.try_clone()?;
    Ok(Connection::new(reader, Box::new(stream)))
}

impl Connection {
    fn new(reader: impl Read + Send + 'static, writer: Box<dyn Write + Send>) -> Self {
        let (sender, requests) = channel();
        std::thread::spawn(move || {
            let mut reader = BufReader::new(reader);
            while let Ok(Some(message)) = read(&mut reader) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        Self {
            requests,
            writer,
            sequence: 0,
        }
    }

    /// Sends an event. That an editor went away is found out when its requests end.
    pub(super) fn event(&mut self, name: &str, body: Value) {
        self.send(json!({ "type": "event", "event": name, "body": body }));
    }

    /// Answers a request.
    pub(super) fn respond(&mut self, request: &Value, result: Result<Value, String>) {
        let mut response = json!({
            "type": "response",
            "request_seq": request["seq"],
            "command": request["command"],
            "success": result.is_ok(),
        });
        match result {
            Ok(body) => response["body"] = body,
            Err(message) => response["message"] = Value::String(message),
        }
        self.send(response);
    }

    fn send(&mut self, mut message: Value) {
        self.sequence += 1;
        message["seq"] = self.sequence.into();
        let text = message.to_string();
        let _ = write!(self.writer, "Content-Length: {}\r\n\r\n{text}", text.len());
        let _ = self.writer.flush();
    }
}

/// Reads a message; `None` at the end.
fn read(reader: &mut impl BufRead) -> io::Result<Option<Value>> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if reader.by_ref().take(4096).read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("Content-Length:") {
            length = value.trim().parse::<usize>().ok();
        }
    }
    let wrong = || io::Error::new(io::ErrorKind::InvalidData, "no message");
    let length = length
        .filter(|length| *length <= LONGEST)
        .ok_or_else(wrong)?;
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes)?;
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_one_after_the_other() {
        let mut input =
            &b"Content-Length: 2\r\n\r\n{}Content-Length: 7\r\nX: y\r\n\r\n{\"a\":1}"[..];
        assert_eq!(read(&mut input).unwrap(), Some(json!({})));
        assert_eq!(read(&mut input).unwrap(), Some(json!({ "a": 1 })));
        assert_eq!(read(&mut input).unwrap(), None);
    }

    #[test]
    fn what_is_no_message_is_refused() {
        for wrong in [
            "\r\n",
            "Content-Length: x\r\n\r\n",
            "Content-Length: 99999999\r\n\r\n",
            "Content-Length: 2\r\n\r\n[",
            "Content-Length: 1\r\n\r\n[",
        ] {
            assert!(read(&mut wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
