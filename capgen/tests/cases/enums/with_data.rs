// Enums whose variants carry data.

#[derive(Clone, Copy)]
enum Command {
    Read { offset: u16, length: u8 },
    Write(u16, bool),
    Nothing,
}

impl Command {
    fn of(ins: u8, argument: u16) -> Self {
        match ins {
            0xB0 => Command::Read {
                offset: argument,
                length: 16,
            },
            0xD6 => Self::Write(argument, argument > 0x7FFF),
            _ => Command::Nothing,
        }
    }

    fn cost(self) -> u16 {
        match self {
            Command::Read { length, .. } => length as u16,
            Command::Write(_, true) => 1000,
            Command::Write(at, false) => at + 1,
            Command::Nothing => 0,
        }
    }
}

pub fn cost(ins: u8, argument: u16) -> u16 {
    Command::of(ins, argument).cost()
}
// run: cost(0xB0, 5) == 16
// run: cost(0xD6, 0x8000) == 1000
// run: cost(0xD6, 41) == 42
// run: cost(0, 0) == 0

enum Field<'a> {
    Short(&'a [u8]),
    Long { head: u8, body: &'a [u8] },
}

fn field(data: &[u8]) -> Field<'_> {
    if data.len() < 3 {
        Field::Short(data)
    } else {
        Field::Long {
            head: data[0],
            body: &data[1..],
        }
    }
}

pub fn measured(data: &[u8]) -> u8 {
    let mut found = field(data);
    if let Field::Long { head: 9, body } = found {
        found = Field::Short(body);
    }
    match found {
        Field::Short(bytes) => bytes.len() as u8,
        Field::Long { head, body } => head + body[0],
    }
}
// run: measured([1]) == 1
// run: measured([1, 2, 3]) == 3
// run: measured([9, 2, 3]) == 2
