//! A terminal that talks to a card: plainly as the holder's software, or through SCP03 as the TSM.

use apdu_spec::jpki::{file, ins};
use apdu_spec::{Command, Response, StatusWord};
use applet_model::Jpki;
use platform::host::{Host, HostCard, HostConfig, PowerLoss};
use scp::scp03::{Challenge, HostOpening, HostSession, SecurityLevel, StaticKeys};

pub const SIGNATURE_PIN: &[u8] = b"ABC123";
pub const AUTHENTICATION_PIN: &[u8] = b"1234";

/// Response data and status word.
pub type Answer = (Vec<u8>, StatusWord);

pub struct Terminal {
    pub card: HostCard<Jpki<Host>>,
    session: Option<HostSession>,
}

impl Terminal {
    /// A fresh card with the applet selected.
    pub fn new() -> Self {
        Self::with_parameters(&[])
    }

    pub fn with_parameters(parameters: &[u8]) -> Self {
        let card = HostCard::install(&HostConfig::with_seed(1), parameters).unwrap();
        let mut terminal = Self {
            card,
            session: None,
        };
        terminal.select();
        terminal
    }

    /// A card with both slots personalised and active.
    pub fn personalised() -> Self {
        let mut terminal = Self::new();
        terminal.open_channel();
        for (key, pin, value, certificate) in [
            (
                file::SIGNATURE_KEY,
                file::SIGNATURE_PIN,
                SIGNATURE_PIN,
                file::SIGNATURE_CERTIFICATE,
            ),
            (
                file::AUTHENTICATION_KEY,
                file::AUTHENTICATION_PIN,
                AUTHENTICATION_PIN,
                file::AUTHENTICATION_CERTIFICATE,
            ),
        ] {
            terminal.managed_ok(ins::PUT_DATA, 0x01, short(pin), value);
            terminal.managed_ok(ins::GENERATE_ASYMMETRIC_KEY_PAIR, 0x80, short(key), &[]);
            terminal.write_certificate(certificate, &certificate_of(certificate));
            terminal.managed_ok(ins::ACTIVATE_FILE, 0, 0, &key.to_be_bytes());
        }
        terminal
    }

    pub fn select(&mut self) {
        self.session = None;
        assert_eq!(self.card.select(), [0x90, 0x00]);
    }

    pub fn reset(&mut self) {
        self.session = None;
        self.card.reset();
    }

    /// Sends a command as it is.
    pub fn send(&mut self, command: &Command<'_>) -> Answer {
        answer(&self.card.transmit(&encode(command)))
    }

    /// Sends a command as it is; power fails after `writes` persistent writes.
    pub fn send_torn(&mut self, command: &Command<'_>, writes: usize) -> Result<Answer, PowerLoss> {
        let torn = self.card.transmit_torn(&encode(command), writes);
        if torn.is_err() {
            self.session = None;
        }
        torn.map(|response| answer(&response))
    }

    pub fn open_channel(&mut self) {
        assert_eq!(
            self.open_channel_at(SecurityLevel::C_DECRYPTION),
            StatusWord::SUCCESS
        );
    }

    pub fn open_channel_at(&mut self, level: SecurityLevel) -> StatusWord {
        let opening = HostOpening::new(
            StaticKeys::test_keys(),
            HostConfig::KEY_VERSION,
            Challenge::new(&[0x5A; 8]).unwrap(),
        );
        let response = self.card.transmit(&opening.command());
        let (session, external_authenticate) = opening.answer(&response, level).unwrap();
        let (_, status) = answer(&self.card.transmit(&external_authenticate));
        if status == StatusWord::SUCCESS {
            self.session = Some(session);
        }
        status
    }

    /// Sends a management command through the channel, or without protection where none is open.
    pub fn managed(&mut self, command: &Command<'_>) -> Answer {
        let Some(session) = &mut self.session else {
            return self.send(&Command {
                cla: 0x84,
                ..*command
            });
        };
        let wrapped = session
            .wrap(&encode(&Command {
                cla: 0x80,
                ..*command
            }))
            .unwrap();
        let response = self.card.transmit(&wrapped);
        answer(&session.unwrap(&response).unwrap())
    }

    pub fn managed_torn(
        &mut self,
        command: &Command<'_>,
        writes: usize,
    ) -> Result<Answer, PowerLoss> {
        let Some(session) = &mut self.session else {
            return self.send_torn(
                &Command {
                    cla: 0x84,
                    ..*command
                },
                writes,
            );
        };
        let wrapped = session
            .wrap(&encode(&Command {
                cla: 0x80,
                ..*command
            }))
            .unwrap();
        match self.card.transmit_torn(&wrapped, writes) {
            Ok(response) => Ok(answer(&session.unwrap(&response).unwrap())),
            Err(loss) => {
                self.session = None;
                Err(loss)
            }
        }
    }

    /// Sends a management command with a wrong MAC, or without protection where no channel is open.
    pub fn tampered(&mut self) -> Answer {
        let command = Command::new(
            0x80,
            ins::RESET_RETRY_COUNTER,
            3,
            short(file::SIGNATURE_PIN),
        );
        let Some(mut session) = self.session.take() else {
            return self.managed(&command);
        };
        let mut wrapped = session.wrap(&encode(&command)).unwrap();
        *wrapped.last_mut().unwrap() ^= 1;
        answer(&self.card.transmit(&wrapped))
    }

    pub fn managed_ok(&mut self, ins: u8, p1: u8, p2: u8, data: &[u8]) -> Vec<u8> {
        let (response, status) =
            self.managed(&Command::new(0x80, ins, p1, p2).with_data(data).with_le(256));
        assert_eq!(status, StatusWord::SUCCESS, "{ins:02X} {p1:02X} {p2:02X}");
        response
    }

    pub fn write_certificate(&mut self, id: u16, certificate: &[u8]) {
        self.managed_ok(ins::SELECT, 0x02, 0x0C, &id.to_be_bytes());
        for (index, part) in certificate.chunks(200).enumerate() {
            let [p1, p2] = u16::try_from(index * 200).unwrap().to_be_bytes();
            self.managed_ok(ins::UPDATE_BINARY, p1, p2, part);
        }
    }

    /// The 7F49 template of a slot.
    pub fn public_key(&mut self, key: u16) -> Vec<u8> {
        let mut template = Vec::new();
        while template.len() < 270 {
            let [high, low] = u16::try_from(template.len()).unwrap().to_be_bytes();
            template.extend(self.managed_ok(
                ins::GENERATE_ASYMMETRIC_KEY_PAIR,
                0x81,
                short(key),
                &[0x54, 2, high, low],
            ));
        }
        template
    }

    pub fn verify(&mut self, pin: u16, candidate: &[u8]) -> StatusWord {
        self.send(&Command::new(0x00, ins::VERIFY, 0, short(pin)).with_data(candidate))
            .1
    }

    pub fn sign(&mut self, key: u16, data: &[u8]) -> Answer {
        let command = Command::new(0x80, ins::COMPUTE_DIGITAL_SIGNATURE, 0, short(key));
        self.send(&command.with_data(data).with_le(256))
    }
}

/// P2 (or P1) with the short identifier of a file.
pub fn short(id: u16) -> u8 {
    0x80 | u8::try_from(id).unwrap()
}

/// Something with the outer shape of a certificate, different for each file.
pub fn certificate_of(id: u16) -> Vec<u8> {
    let mut certificate = vec![0x30, 0x82, 0x04, 0x00];
    certificate.extend((0..1024).map(|i: u16| (i ^ id).to_le_bytes()[0]));
    certificate
}

fn encode(command: &Command<'_>) -> Vec<u8> {
    let mut bytes = [0; 600];
    command.encode(&mut bytes).unwrap().to_vec()
}

fn answer(response: &[u8]) -> Answer {
    let response = Response::parse(response).unwrap();
    (response.data.to_vec(), response.status)
}
