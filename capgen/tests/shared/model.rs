//! Applets in the interpreter, and the part of the API that those of the tests use.

use capgen::ir::interpret::{ApiModel, Heap, Interpreter, Object, Trap, Value};
use capgen::ir::{ApiMethod, Element, FunctionId, Program};

/// Where the data of a short command starts in the APDU buffer.
const DATA: usize = 5;

#[derive(Default)]
pub(crate) struct Model {
    applet: Option<Value>,
    buffer: Option<Value>,
    received: i32,
    sent: Option<(usize, usize)>,
    /// The arrays that no transaction takes back.
    transient: Vec<Value>,
    /// The objects as they were before the transaction under way.
    before: Option<Heap>,
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
        let array = |element: Element| -> Result<Object, Trap> {
            Ok(Object::Array(element, vec![Value::Scalar(0); place(0)?]))
        };
        Ok(match method.name.as_str() {
            "register" => {
                self.applet = Some(arguments[0]);
                None
            }
            "selectingApplet" => Some(Value::Scalar(0)),
            "getBuffer" => self.buffer,
            "setIncomingAndReceive" | "getIncomingLength" => Some(Value::Scalar(self.received)),
            "getCurrentState" | "setOutgoing" => Some(Value::Scalar(0)),
            "setOutgoingLength" => None,
            "sendBytes" | "setOutgoingAndSend" => {
                self.sent = Some((place(1)?, place(2)?));
                None
            }
            "makeTransientByteArray" => Some(self.transient(heap, array(Element::U8)?)),
            "makeTransientBooleanArray" => Some(self.transient(heap, array(Element::Bool)?)),
            "makeTransientIntArray" => Some(self.transient(heap, array(Element::Int)?)),
            "makeTransientShortArray" => Some(self.transient(heap, array(Element::U16)?)),
            "getTransactionDepth" => Some(Value::Scalar(i32::from(self.before.is_some()))),
            "beginTransaction" => {
                self.before = Some(heap.clone());
                None
            }
            "commitTransaction" => {
                self.before = None;
                None
            }
            "arrayCopyNonAtomic" | "arrayCopy" => {
                let (from, to, length) = (place(1)?, place(3)?, place(4)?);
                let copied = region(heap, arguments[0], from, length)?.to_vec();
                region(heap, arguments[2], to, length)?.copy_from_slice(&copied);
                Some(Value::Scalar(i32::try_from(to + length).unwrap()))
            }
            "arrayFillNonAtomic" => {
                let (from, length, value) = (place(1)?, place(2)?, number(3)?);
                region(heap, arguments[0], from, length)?.fill(Value::Scalar(value & 0xff));
                Some(Value::Scalar(i32::try_from(from + length).unwrap()))
            }
            "getShort" => {
                let bytes = region(heap, arguments[0], place(1)?, 2)?;
                let (high, low) = (bytes[0].scalar()?, bytes[1].scalar()?);
                Some(Value::Scalar((high << 8 | low & 0xff) << 16 >> 16))
            }
            "setShort" => {
                let (at, value) = (place(1)?, number(2)?);
                let bytes = region(heap, arguments[0], at, 2)?;
                bytes[0] = Value::Scalar(value >> 8 & 0xff);
                bytes[1] = Value::Scalar(value & 0xff);
                Some(Value::Scalar(i32::try_from(at + 2).unwrap()))
            }
            "arrayCompare" => {
                let length = place(4)?;
                let left = region(heap, arguments[0], place(1)?, length)?.to_vec();
                let right = region(heap, arguments[2], place(3)?, length)?;
                Some(Value::Scalar(i32::from(left != right)))
            }
            _ => return Err(Trap::Fault(format!("no model of {method}"))),
        })
    }
}

impl Model {
    fn transient(&mut self, heap: &mut Heap, array: Object) -> Value {
        let array = heap.add(array);
        self.transient.push(array);
        array
    }

    /// What an error leaves: the transaction under way is taken back.
    fn aborted(&mut self, heap: &mut Heap) -> Result<(), Trap> {
        if let Some(mut before) = self.before.take() {
            for array in &self.transient {
                *before.array_mut(*array)? = heap.array_mut(*array)?.clone();
            }
            *heap = before;
        }
        Ok(())
    }
}

fn region(heap: &mut Heap, array: Value, from: usize, length: usize) -> Result<&mut [Value], Trap> {
    let all = heap.array_mut(array)?;
    let found = all.len();
    all.get_mut(from..from + length)
        .ok_or(Trap::IndexOutOfBounds {
            index: i32::try_from(from + length).unwrap(),
            length: found,
        })
}

/// An applet in the interpreter: installed once, then answering commands.
pub(crate) struct Interpreted<'a> {
    interpreter: Interpreter<'a, Model>,
    applet: Value,
    process: FunctionId,
}

impl<'a> Interpreted<'a> {
    pub(crate) fn install(program: &'a Program) -> Result<Self, String> {
        let mut interpreter = Interpreter::new(program, Model::default());
        let install = program.applets[0].install;
        // Instance AID, control information and parameters, all empty.
        let data = vec![Value::Scalar(0); 3];
        let data = interpreter.heap.add(Object::Array(Element::U8, data));
        interpreter
            .call(install, &[data, Value::Scalar(0), Value::Scalar(3)])
            .map_err(|trap| format!("install, interpreted: {trap}"))?;
        let is_process = |function: &capgen::ir::Function| {
            function
                .entry
                .as_ref()
                .is_some_and(|entry| entry.name == "process")
        };
        let process = program.functions.iter().position(is_process);
        Ok(Self {
            applet: interpreter.api.applet.ok_or("not registered")?,
            interpreter,
            process: FunctionId(process.ok_or("no process")?),
        })
    }

    /// The response to a case 3 command, or why there is none.
    pub(crate) fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Trap> {
        let interpreter = &mut self.interpreter;
        let mut bytes: Vec<Value> = command
            .iter()
            .map(|byte| Value::Scalar((*byte).into()))
            .collect();
        bytes.resize(261, Value::Scalar(0));
        let buffer = interpreter.heap.add(Object::Array(Element::U8, bytes));
        interpreter.api = Model {
            buffer: Some(buffer),
            received: i32::try_from(command.len() - DATA).unwrap(),
            transient: std::mem::take(&mut interpreter.api.transient),
            ..Model::default()
        };
        interpreter.fuel = 1_000_000;
        let apdu = interpreter.heap.add(Object::Api(0));
        match interpreter.call(self.process, &[self.applet, apdu]) {
            Ok(_) => {
                let (offset, length) = interpreter.api.sent.unwrap_or_default();
                let all = interpreter.heap.array_mut(buffer)?;
                let byte = |value: &Value| value.scalar().map(|value| value.to_be_bytes()[3]);
                let mut response: Vec<u8> = all[offset..offset + length]
                    .iter()
                    .map(byte)
                    .collect::<Result<_, _>>()?;
                response.extend([0x90, 0x00]);
                Ok(response)
            }
            Err(Trap::Throw(status)) => {
                interpreter.api.aborted(&mut interpreter.heap)?;
                Ok(status.to_be_bytes().to_vec())
            }
            Err(trap) => Err(trap),
        }
    }
}
