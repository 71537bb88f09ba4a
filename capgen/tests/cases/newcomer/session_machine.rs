// A state machine whose states carry data, and a transition by match on (state, event).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Challenged { nonce: u16, tries: u8 },
    Open(u8),
    Dead,
}

#[derive(Clone, Copy)]
enum Event {
    Challenge(u16),
    Answer(u16),
    Close,
}

impl State {
    fn next(self, event: Event) -> State {
        match (self, event) {
            (State::Dead, _) => State::Dead,
            (_, Event::Challenge(nonce)) => State::Challenged { nonce, tries: 3 },
            (State::Challenged { nonce, .. }, Event::Answer(answer)) if answer == nonce ^ 0x55AA => {
                State::Open(1)
            }
            (State::Challenged { tries: 0 | 1, .. }, Event::Answer(_)) => State::Dead,
            (State::Challenged { nonce, tries }, Event::Answer(_)) => State::Challenged {
                nonce,
                tries: tries - 1,
            },
            (State::Open(level @ 1..=4), Event::Answer(_)) => State::Open(level + 1),
            (State::Open(_), Event::Close) => State::Idle,
            (other, _) => other,
        }
    }

    fn number(&self) -> u16 {
        match self {
            State::Idle => 0,
            State::Challenged { nonce, tries } => nonce.wrapping_add(*tries as u16),
            State::Open(level) => 100 + *level as u16,
            Self::Dead => 0xDEAD,
        }
    }
}

fn event(byte: u8) -> Event {
    match byte {
        0 => Event::Close,
        1..=0x7F => Event::Challenge(byte.into()),
        _ => Event::Answer(u16::from(byte & 0x7F) ^ 0x55AA),
    }
}

pub fn run(events: &[u8]) -> u16 {
    let mut state = State::Idle;
    for &byte in events {
        state = state.next(event(byte));
    }
    state.number()
}
// run: run([]) == 0
// run: run([5]) == 8
// run: run([5, 0x85]) == 101
// run: run([5, 0x85, 0x80, 0x80, 0x80, 0x80, 0x80]) == 105
// run: run([5, 0x86, 0x85]) == 101
// run: run([5, 0x86, 0x86, 0x86, 0x85]) == 0xDEAD
// run: run([5, 0x85, 0]) == 0
