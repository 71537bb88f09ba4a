//! The card's rules that turn TPDUs into command APDUs, and response APDUs into answers (§12.2; JCRE 3.0.5 §9.4).

/// What a card keeps between the TPDUs of T=0.
#[derive(Clone, Debug, Default)]
pub struct Tpdus {
    /// Response data that wait, and the status word that ends them.
    pending: Option<(Vec<u8>, [u8; 2])>,
    /// The logical channel of the command whose response waits.
    channel: u8,
    /// The header of the command whose repetition with the right length gets them, instead of GET RESPONSE.
    repeats: Option<[u8; 4]>,
    /// The APDU that comes in ENVELOPE commands.
    envelope: Vec<u8>,
    /// The TPDU under way: its header, and P3 where it asks for data.
    under_way: ([u8; 4], Option<u8>),
}

/// What to do with a command TPDU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TpduStep {
    /// The card answers this: data, if there are any, and status word.
    Answer(Vec<u8>),
    /// The application has to answer this command APDU; [`Tpdus::respond`] takes its response.
    Run(Vec<u8>),
}

const GET_RESPONSE: u8 = 0xC0;
const ENVELOPE: u8 = 0xC2;
/// The longest APDU in ENVELOPE commands: header, lengths, 65535 bytes of data.
const LONGEST: usize = 4 + 3 + 65535 + 2;
const WRONG_LENGTH: [u8; 2] = [0x67, 0x00];

/// What P3 says of a response: 0 stands for 256.
fn expected(p3: u8) -> usize {
    if p3 == 0 { 256 } else { p3.into() }
}

/// The logical channel that a class byte names (ISO 7816-4 §5.4.1).
const fn channel(cla: u8) -> u8 {
    if cla & 0x40 == 0 {
        cla & 0x03
    } else {
        4 + (cla & 0x0F)
    }
}

fn low(length: usize) -> u8 {
    // 256 is told as 0.
    u8::try_from(length).unwrap_or(0)
}

impl Tpdus {
    /// Takes a command: a header with P3, then data. A command APDU of case 4 loses its Le, as readers do it; a header
    /// without P3 is a command that asks for nothing.
    pub fn command(&mut self, command: &[u8]) -> TpduStep {
        let Some((header, body)) = command.split_first_chunk::<4>() else {
            return TpduStep::Answer(WRONG_LENGTH.to_vec());
        };
        let (p3, data) = match body.split_first() {
            None => (0, &[][..]),
            Some((p3, data)) => (*p3, data),
        };
        // Where the card knows that P3 is no Le, data wait for GET RESPONSE.
        let asks = data.is_empty() && !body.is_empty();
        let [cla, instruction, p1, p2] = *header;
        // GET RESPONSE comes on the channel of the command (JCRE 3.0.5 §9.4.2); readers give it that command's class, or
        // the interindustry one.
        let channel = channel(cla);
        let is_get_response =
            instruction == GET_RESPONSE && channel == self.channel && data.is_empty();
        let is_repetition = data.is_empty() && self.repeats == Some(*header);
        if (is_repetition || (is_get_response && self.repeats.is_none()))
            && let Some((response, status)) = self.pending.take()
        {
            self.repeats = None;
            return TpduStep::Answer(self.give(response, status, p3));
        }
        let envelope = std::mem::take(&mut self.envelope);
        *self = Self {
            channel,
            under_way: (*header, asks.then_some(p3)),
            ..Self::default()
        };
        if data.is_empty() {
            // Case 1 or 2; a card cannot tell them apart by P3 = 0.
            return TpduStep::Run([header.as_slice(), &[p3]].concat());
        }
        let length = usize::from(p3);
        let data = match data.len().checked_sub(length) {
            // Le of case 4 stays on the other side: the application may give up to 256 bytes.
            Some(0 | 1) if length > 0 => data.get(..length).unwrap_or(data),
            _ => return TpduStep::Answer(WRONG_LENGTH.to_vec()),
        };
        if instruction == ENVELOPE && cla & 0x80 == 0 && (p1, p2) == (0, 0) {
            return self.segment(envelope, data);
        }
        TpduStep::Run([header.as_slice(), &[p3], data, &[0]].concat())
    }

    /// A part of an APDU in an ENVELOPE command; it is complete when its own length says so.
    fn segment(&mut self, mut envelope: Vec<u8>, data: &[u8]) -> TpduStep {
        envelope.extend_from_slice(data);
        let whole = match envelope.as_slice() {
            [_, _, _, _, 0, high, low, rest @ ..] => {
                let lc = usize::from(*high) << 8 | usize::from(*low);
                rest.len() == lc || rest.len() == lc + 2
            }
            _ => false,
        };
        if whole {
            return TpduStep::Run(envelope);
        }
        if envelope.len() > LONGEST {
            return TpduStep::Answer(WRONG_LENGTH.to_vec());
        }
        self.envelope = envelope;
        TpduStep::Answer(vec![0x90, 0x00])
    }

    /// Turns the response APDU to the command into what the reader gets.
    pub fn respond(&mut self, mut response: Vec<u8>) -> Vec<u8> {
        let Some(status) = response.last_chunk::<2>().copied() else {
            return response;
        };
        response.truncate(response.len() - 2);
        if response.is_empty() {
            return status.to_vec();
        }
        if let (header, Some(p3)) = self.under_way {
            if response.len() < expected(p3) {
                let answer = vec![0x6C, low(response.len())];
                self.pending = Some((response, status));
                self.repeats = Some(header);
                return answer;
            }
            return self.give(response, status, p3);
        }
        let answer = vec![0x61, low(response.len().min(256))];
        self.pending = Some((response, status));
        answer
    }

    /// As many bytes as P3 asks for; what is left over waits for GET RESPONSE.
    fn give(&mut self, mut response: Vec<u8>, status: [u8; 2], p3: u8) -> Vec<u8> {
        let wanted = expected(p3);
        if p3 != 0 && wanted > response.len() {
            let answer = vec![0x6C, low(response.len())];
            self.pending = Some((response, status));
            return answer;
        }
        let rest = response.split_off(wanted.min(response.len()));
        if rest.is_empty() {
            response.extend(status);
        } else {
            response.extend([0x61, low(rest.len().min(256))]);
            self.pending = Some((rest, status));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(t0: &mut Tpdus, command: &[u8], response: &[u8]) -> Vec<u8> {
        match t0.command(command) {
            TpduStep::Answer(answer) => answer,
            TpduStep::Run(_) => t0.respond(response.to_vec()),
        }
    }

    #[track_caller]
    fn answer(t0: &mut Tpdus, command: &[u8]) -> Vec<u8> {
        match t0.command(command) {
            TpduStep::Answer(answer) => answer,
            TpduStep::Run(_) => panic!("the application would run"),
        }
    }

    #[test]
    fn case_2_is_repeated_with_the_right_length() {
        let mut t0 = Tpdus::default();
        let full = [1, 2, 3, 0x90, 0];
        assert_eq!(run(&mut t0, &[0, 0xB0, 0, 0, 3], &full), full);
        assert_eq!(run(&mut t0, &[0, 0xB0, 0, 0, 0], &full), [0x6C, 3]);
        assert_eq!(answer(&mut t0, &[0, 0xB0, 0, 0, 3]), full);
        assert_eq!(run(&mut t0, &[0, 0xB0, 0, 0, 2], &full), [1, 2, 0x61, 1]);
        assert_eq!(answer(&mut t0, &[0, 0xC0, 0, 0, 1]), [3, 0x90, 0]);
        // Another command forgets what waits.
        assert_eq!(run(&mut t0, &[0, 0xB0, 0, 0, 9], &full), [0x6C, 3]);
        assert_eq!(run(&mut t0, &[0, 0xB0, 0, 1, 3], &full), full);
    }

    #[test]
    fn case_4_wants_get_response() {
        let mut t0 = Tpdus::default();
        let full = [vec![7; 256], vec![0x62, 0x81]].concat();
        let command = [0, 0xA4, 4, 0, 2, 1, 2];
        assert_eq!(run(&mut t0, &command, &full), [0x61, 0]);
        assert_eq!(answer(&mut t0, &[0, 0xC0, 0, 0, 0]), full);
        // Le of an APDU of case 4 is no part of the TPDU.
        assert_eq!(
            run(&mut t0, &[0, 0xA4, 4, 0, 2, 1, 2, 0], &[5, 0x90, 0]),
            [0x61, 1]
        );
        assert_eq!(answer(&mut t0, &[0, 0xC0, 0, 0, 4]), [0x6C, 1]);
        assert_eq!(answer(&mut t0, &[0, 0xC0, 0, 0, 1]), [5, 0x90, 0]);
        assert_eq!(run(&mut t0, &command, &[0x90, 0]), [0x90, 0]);
        assert_eq!(answer(&mut t0, &[0, 0xA4, 4, 0, 2, 1]), [0x67, 0]);
        // On another channel nothing waits.
        assert_eq!(run(&mut t0, &command, &full), [0x61, 0]);
        assert_eq!(run(&mut t0, &[1, 0xC0, 0, 0, 0], &[0x6D, 0]), [0x6D, 0]);
    }

    /// An application that hands out more than one response holds does so in its own way, through this one.
    #[test]
    fn get_response_of_the_application_passes_through() {
        let mut t0 = Tpdus::default();
        let first = [vec![1; 256], vec![0x61, 2]].concat();
        assert_eq!(run(&mut t0, &[0, 0xCA, 0, 0, 1, 9], &first), [0x61, 0]);
        assert_eq!(answer(&mut t0, &[0, 0xC0, 0, 0, 0]), first);
        assert_eq!(
            t0.command(&[0, 0xC0, 0, 0, 2]),
            TpduStep::Run(vec![0, 0xC0, 0, 0, 2])
        );
        assert_eq!(t0.respond(vec![8, 9, 0x90, 0]), [8, 9, 0x90, 0]);
        // And one that has mapped its response already is not mapped again.
        assert_eq!(run(&mut t0, &[0, 0xA4, 4, 0, 1, 9], &[0x61, 5]), [0x61, 5]);
        assert_eq!(run(&mut t0, &[0, 0xB0, 0, 0, 0], &[0x6C, 5]), [0x6C, 5]);
        assert_eq!(
            run(&mut t0, &[0, 0xB0, 0, 0, 1], &[5, 0x90, 0]),
            [5, 0x90, 0]
        );
    }

    #[test]
    fn long_commands_come_in_envelopes() {
        let mut t0 = Tpdus::default();
        let data = vec![3; 300];
        let apdu = [&[0x80, 0xE8, 0, 0, 0, 1, 44][..], &data, &[0, 0]].concat();
        let parts: Vec<Vec<u8>> = apdu
            .chunks(255)
            .map(|part| [&[0, 0xC2, 0, 0, low(part.len())], part].concat())
            .collect();
        assert_eq!(answer(&mut t0, &parts[0]), [0x90, 0]);
        assert_eq!(t0.command(&parts[1]), TpduStep::Run(apdu.clone()));
        assert_eq!(t0.respond(vec![4, 0x90, 0]), [0x61, 1]);
        assert_eq!(answer(&mut t0, &[0, 0xC0, 0, 0, 1]), [4, 0x90, 0]);
        // Another command breaks it off.
        assert_eq!(answer(&mut t0, &parts[0]), [0x90, 0]);
        assert_eq!(
            run(&mut t0, &[0, 0xB0, 0, 0, 1], &[5, 0x90, 0]),
            [5, 0x90, 0]
        );
        assert_eq!(answer(&mut t0, &parts[0]), [0x90, 0]);
        assert_eq!(t0.command(&parts[1]), TpduStep::Run(apdu));
    }
}
