//! Runs a program's applet in the interpreter and on the simulated card.

use capgen::ir::interpret::{ApiModel, Heap, Interpreter, Object, Trap, Value};
use capgen::ir::{ApiMethod, Element, FunctionId, Program};
use capgen::package::Output;
use card_sim::{Aid, Card, CardConfig};

/// The part of the API that the tests use.
#[derive(Default)]
pub(crate) struct Model {
    buffer: Option<Value>,
    received: i32,
    sent: Option<(usize, usize)>,
}

impl ApiModel for Model {
    fn call(
        &mut self,
        heap: &mut Heap,
        method: &ApiMethod,
        arguments: &[Value],
    ) -> Result<Option<Value>, Trap> {
        let number = |index: usize| arguments[index].scalar();
        let place = |index: usize| number(index).map(|value| usize::try_from(value).unwrap());
        Ok(match method.name.as_str() {
            "register" => None,
            "selectingApplet" => Some(Value::Scalar(0)),
            "getBuffer" => self.buffer,
            "setIncomingAndReceive" => Some(Value::Scalar(self.received)),
            "getShort" => {
                let at = place(1)?;
                let bytes = heap.array_mut(arguments[0])?;
                let (high, low) = (bytes[at].scalar()?, bytes[at + 1].scalar()?);
                Some(Value::Scalar((high << 8 | low) << 16 >> 16))
            }
            "setShort" => {
                let (at, value) = (place(1)?, number(2)?);
                let bytes = heap.array_mut(arguments[0])?;
                bytes[at] = Value::Scalar(value >> 8 & 255);
                bytes[at + 1] = Value::Scalar(value & 255);
                Some(Value::Scalar(i32::try_from(at + 2).unwrap()))
            }
            "setOutgoingAndSend" => {
                self.sent = Some((place(1)?, place(2)?));
                None
            }
            _ => return Err(Trap::Fault(format!("no model of {method}"))),
        })
    }
}

/// The applet in the interpreter: installed once, then answering commands.
pub(crate) struct Interpreted<'a> {
    interpreter: Interpreter<'a, Model>,
    applet: Value,
    process: FunctionId,
}

impl<'a> Interpreted<'a> {
    /// Installs; the applet's object is the first instance of its class.
    pub(crate) fn install(program: &'a Program) -> Self {
        let mut interpreter = Interpreter::new(program, Model::default());
        let entry = program.applets[0].install;
        let nothing = interpreter.heap.add(Object::Array(Element::U8, Vec::new()));
        let mut first = interpreter.heap.clone();
        interpreter
            .call(entry, &[nothing, Value::Scalar(0), Value::Scalar(0)])
            .unwrap();
        let applet = first.add(Object::Api(0));
        let is_process = |function: &capgen::ir::Function| {
            function
                .entry
                .as_ref()
                .is_some_and(|entry| entry.name == "process")
        };
        let process = FunctionId(program.functions.iter().position(is_process).unwrap());
        Self {
            interpreter,
            applet,
            process,
        }
    }

    /// The response to a case 3 command, or why there is none.
    pub(crate) fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Trap> {
        let mut bytes: Vec<Value> = command
            .iter()
            .map(|byte| Value::Scalar((*byte).into()))
            .collect();
        bytes.resize(261, Value::Scalar(0));
        let interpreter = &mut self.interpreter;
        let buffer = interpreter.heap.add(Object::Array(Element::U8, bytes));
        let received = command.get(4).copied().unwrap_or(0).into();
        interpreter.api = Model {
            buffer: Some(buffer),
            received,
            sent: None,
        };
        interpreter.fuel = 100_000;
        let apdu = interpreter.heap.add(Object::Api(0));
        match interpreter.call(self.process, &[self.applet, apdu]) {
            Ok(_) => {
                let (offset, length) = interpreter.api.sent.unwrap_or_default();
                let bytes = interpreter.heap.array_mut(buffer).unwrap();
                let byte = |value: &Value| u8::try_from(value.scalar().unwrap()).unwrap();
                let mut response: Vec<u8> =
                    bytes[offset..offset + length].iter().map(byte).collect();
                response.extend([0x90, 0x00]);
                Ok(response)
            }
            Err(Trap::Throw(status)) => Ok(status.to_be_bytes().to_vec()),
            Err(trap) => Err(trap),
        }
    }
}

/// A simulated card with the applet installed and selected.
pub(crate) fn card(program: &Program, output: &Output) -> Card {
    let mut card = Card::new(&CardConfig::default());
    let module = Aid::new(&program.applets[0].aid).unwrap();
    card.load_cap(&output.cap).unwrap();
    card.install(module, module, &[]).unwrap();
    let aid = &program.applets[0].aid;
    let mut select = vec![0x00, 0xa4, 0x04, 0x00, u8::try_from(aid.len()).unwrap()];
    select.extend(aid);
    let response = card.transmit(&select);
    assert_eq!(response, [0x90, 0x00], "SELECT: {:?}", card.last_fault());
    card
}
