//! The way to a card, as arguments, and a session with its issuer security domain.

use crate::agreement::Agreement;
use crate::failure::Failure;
use crate::known::Known;
use crate::secret;
use crate::simulator::Simulator;
use clap::{Args, ValueEnum};
use loader::{
    AgreementKeys, Aid, CardInfo, Frame, KeySet, PcscTransport, Phoenix, PhoenixOptions,
    Pkcs11Error, Pkcs11Uri, Pn532, Pn532Options, Refusal, SecurityLevel, SerialLine, Session,
    Sharing, StaticKeys, TcpTransport, Transport, Trust,
};
use se_crypto::Drbg;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// Which card, and with which keys.
#[derive(Args, Clone, Debug, Default)]
pub struct Connection {
    /// A reader, by its name or a part of it. Without this and `--sim`: the first reader with a card.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["sim", "serial", "tcp", "pn532"])]
    pub reader: Option<String>,
    /// Let other programs use the card in the reader too, in between the commands.
    #[arg(long, conflicts_with_all = ["sim", "serial", "tcp", "pn532"])]
    pub shared: bool,
    /// Wait for the reader and a card in it, at most so many seconds; 60 where no number is given.
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "60",
          conflicts_with_all = ["sim", "serial", "tcp", "pn532"])]
    pub wait: Option<u64>,
    /// A simulated card, by its image file; it is made where there is none.
    #[arg(long, value_name = "IMAGE", conflicts_with_all = ["serial", "tcp", "pn532"])]
    pub sim: Option<PathBuf>,
    /// A card at a serial port: in a Phoenix or Smartmouse adapter, whose bit rate after a reset is its clock over 372
    /// (9600 without it).
    #[arg(long, value_name = "PORT[:phoenix|:pn532][,BAUD]", conflicts_with_all = ["tcp", "pn532"])]
    pub serial: Option<SerialAddress>,
    /// A contactless card at a PN532 on a serial port (HSU, both switches off); the rate is what is gone to from the
    /// 115200 that the chip wakes up with.
    #[arg(long, value_name = "PORT[,BAUD]", conflicts_with = "tcp")]
    pub pn532: Option<SerialAddress>,
    /// A card behind a TCP connection, as `tenkoku card serve --tcp` offers it.
    #[arg(long, value_name = "HOST:PORT")]
    pub tcp: Option<String>,
    /// With `--tcp`: connect to another machine too. Whoever reads that line sees every PIN.
    #[arg(long, requires = "tcp")]
    pub allow_remote: bool,
    /// The keys: a key file (TOML: `kvn`, and `enc`, `mac`, `dek` or one `key`, with `scp = "02:55"` for that protocol
    /// only; or `scp = "11a"` and the files of SCP11), `env` for those of TENKOKU_KEY or
    /// TENKOKU_ENC, TENKOKU_MAC and TENKOKU_DEK, `prompt` to be asked for one; the published test keys without it.
    /// `pkcs11:token=NAME;object=NAME?module-path=FILE` (RFC 7512) are those of a token, which they never leave: one secret
    /// key of that name, or three with -ENC, -MAC and -DEK behind it; `&kvn=30` and `&diversification=visa2` as in a key
    /// file. Its PIN comes from `pin-source=FILE`, from TENKOKU_PKCS11_PIN, or is asked for; session keys come out of it,
    /// and of master keys those of the card in the reader.
    #[arg(long, value_name = "FILE|env|prompt|pkcs11:…")]
    pub keys: Option<PathBuf>,
    /// SCP11.
    #[command(flatten)]
    pub agreement: Agreement,
    /// The security domain to open the session with; the issuer's without it.
    #[arg(long, value_name = "AID", value_parser = crate::aid::parse)]
    pub domain: Option<Aid>,
    /// How the secure channel protects commands and responses; without it as well as the card offers. A card that does
    /// not offer it is not opened: there is no going on at a lower level.
    #[arg(long, value_name = "LEVEL")]
    pub security: Option<Security>,
}

/// How a secure channel protects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Security {
    /// Commands carry a MAC.
    CMac,
    /// Commands are encrypted too.
    CDecryption,
    /// And responses carry a MAC.
    CDecryptionRMac,
    /// And responses are encrypted too.
    Full,
}

impl From<Security> for SecurityLevel {
    fn from(security: Security) -> Self {
        match security {
            Security::CMac => Self::C_MAC,
            Security::CDecryption => Self::C_DECRYPTION,
            Security::CDecryptionRMac => Self::C_DECRYPTION_R_MAC,
            Security::Full => Self::FULL,
        }
    }
}

/// What is at a serial port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adapter {
    /// A Phoenix or Smartmouse adapter.
    Phoenix,
    /// A PN532.
    Pn532,
}

/// A serial port, what is there, and its bit rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SerialAddress {
    /// The port, as the system calls it.
    pub port: String,
    /// What is there.
    pub adapter: Adapter,
    /// Bits a second; what is usual for the adapter without it.
    pub baud: Option<u32>,
}

impl FromStr for SerialAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (rest, baud) = match text.rsplit_once(',') {
            Some((rest, digits)) => match digits.parse() {
                Ok(0) | Err(_) => return Err(format!("{digits:?} is no bit rate")),
                Ok(baud) => (rest, Some(baud)),
            },
            None => (text, None),
        };
        // Names of ports may have colons in them.
        let (port, adapter) = match rest.rsplit_once(':') {
            Some((port, "phoenix" | "smartmouse")) => (port, Adapter::Phoenix),
            Some((port, "pn532")) => (port, Adapter::Pn532),
            _ => (rest, Adapter::Phoenix),
        };
        if port.is_empty() {
            return Err("the name of a port is missing".to_owned());
        }
        Ok(Self {
            port: port.to_owned(),
            adapter,
            baud,
        })
    }
}

impl SerialAddress {
    fn connect(&self) -> Result<AnyTransport, Failure> {
        match self.adapter {
            Adapter::Pn532 => {
                let baud = Pn532Options::BAUD;
                let line = SerialLine::open(&self.port, baud, Frame::Plain)?;
                let options = Pn532Options {
                    baud: self.baud.unwrap_or(baud),
                    ..Pn532Options::default()
                };
                Ok(Box::new(Pn532::connect(line, options)?))
            }
            Adapter::Phoenix => {
                let default = PhoenixOptions::default();
                let baud = self.baud.unwrap_or(default.baud);
                let line = SerialLine::open(&self.port, baud, Frame::Even)?;
                Ok(Box::new(Phoenix::connect(
                    line,
                    PhoenixOptions { baud, ..default },
                )?))
            }
        }
    }
}

/// A card of any kind.
pub type AnyTransport = Box<dyn Transport>;

/// A card in conversation, its issuer security domain selected and authenticated.
pub struct Authenticated<T = AnyTransport> {
    /// The session.
    pub session: Session<T>,
    /// What the card tells about itself.
    pub info: CardInfo,
    /// Its keys.
    pub keys: KeySet,
    /// The security level of the session.
    pub level: SecurityLevel,
    /// How many receipts the issuer security domain had given before, where that was asked.
    pub confirmations: Option<u16>,
    /// What the session was opened with without asking.
    known: Known,
}

impl<T: Transport> Authenticated<T> {
    /// Forgets what the session was opened with without asking.
    pub(crate) fn forget(&self) {
        self.known.forget();
    }

    /// Where the first command of the session was refused as it is when the channel's parameters are not what they were
    /// taken for: asks for them, and opens the session again. No authentication has failed by then. Tells whether it did.
    ///
    /// # Errors
    /// [`Failure::Card`].
    pub(crate) fn reopened(
        &mut self,
        refusal: &Refusal,
        domain: Option<&Aid>,
    ) -> Result<bool, Failure> {
        let of_channel = matches!(refusal.status.0, 0x6982 | 0x6985 | 0x6987 | 0x6988);
        if !of_channel || !self.known.forget() {
            return Ok(false);
        }
        self.session.select_again(domain)?;
        let mut random = random()?;
        let opening = self.session.begin(&self.keys, &mut random)?;
        self.session.complete(opening, self.level, &mut random)?;
        if let Some(opened) = self.session.opened() {
            self.known.keep(opened);
        }
        Ok(true)
    }
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// [`Failure`] where there is no such card.
    pub fn connect(&self) -> Result<AnyTransport, Failure> {
        if let Some(image) = &self.sim {
            return Ok(Box::new(Simulator::open(image)?));
        }
        if let Some(address) = &self.serial {
            return address.connect();
        }
        if let Some(address) = &self.pn532 {
            let adapter = Adapter::Pn532;
            let address = SerialAddress {
                adapter,
                ..address.clone()
            };
            return address.connect();
        }
        if let Some(address) = &self.tcp {
            return Ok(Box::new(TcpTransport::connect(address, self.allow_remote)?));
        }
        let name = self.reader.as_deref().unwrap_or_default();
        let sharing = if self.shared {
            Sharing::Shared
        } else {
            Sharing::Exclusive
        };
        Ok(Box::new(match self.wait {
            Some(seconds) => PcscTransport::wait(name, sharing, Duration::from_secs(seconds))?,
            None => PcscTransport::connect(name, sharing)?,
        }))
    }

    /// The keys. That they are the published ones is said aloud.
    ///
    /// # Errors
    /// [`Failure::Input`] where the key file is none.
    pub fn keys(&self) -> Result<KeySet, Failure> {
        if self.keys.is_some() && self.agreement.is_agreement() {
            return Err(Failure::Usage(
                "--keys are keys that card and host share, and SCP11 has none: give one of --keys and --scp 11…"
                    .to_owned(),
            ));
        }
        let mut keys = match (&self.keys, self.agreement.keys()?) {
            (Some(source), _) => read_keys(source)?,
            (None, Some(agreement)) => agreement,
            (None, None) => KeySet::test_keys(),
        };
        keys.protocol = self.agreement.shared_keys().or(keys.protocol);
        if let Some(agreement) = keys.agreement() {
            tell(agreement);
        }
        if keys.are_test_keys() {
            sayln!("note: using {keys}; everyone knows them");
        }
        Ok(keys)
    }

    /// Connects, and opens a secure channel with the issuer security domain.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn authenticate(&self) -> Result<Authenticated, Failure> {
        // A key file that is none must not cost the card anything.
        let keys = self.keys()?;
        self.open(self.connect()?, keys)
    }

    /// Opens a secure channel with the security domain that was asked for.
    ///
    /// # Errors
    /// [`Failure::Card`].
    pub fn open<T: Transport>(
        &self,
        transport: T,
        keys: KeySet,
    ) -> Result<Authenticated<T>, Failure> {
        self.open_asking(transport, keys, Questions::default())
    }

    /// [`Connection::open`], asking the card these questions before.
    ///
    /// # Errors
    /// [`Failure::Card`].
    pub(crate) fn open_asking<T: Transport>(
        &self,
        transport: T,
        keys: KeySet,
        questions: Questions,
    ) -> Result<Authenticated<T>, Failure> {
        let known = Known::of(self);
        open(
            transport,
            keys,
            self.domain.as_ref(),
            self.security,
            questions,
            known,
        )
    }
}

/// Says aloud what SCP11 does not protect from here.
fn tell(keys: &AgreementKeys) {
    if keys.trust == Trust::Unchecked {
        sayln!("note: the card's certificate is not checked; anyone can pretend to be the card");
    }
    if !keys.variant.authenticates_host() {
        sayln!("note: SCP11b does not tell the card who you are; it will refuse to be managed");
    }
}

/// The keys that `--keys` names.
///
/// # Errors
/// [`Failure::Input`], which never shows them.
pub fn read_keys(source: &Path) -> Result<KeySet, Failure> {
    let invalid = |error| Failure::input("keys", error);
    match source.to_str() {
        Some(uri) if uri.starts_with("pkcs11:") => {
            let uri: Pkcs11Uri = uri.parse().map_err(|error| Failure::input("keys", error))?;
            let pin = |token: &str| {
                let prompt = format!("PIN of the token {token} (not shown): ");
                secret::read(uri.pin_source.as_deref(), "TENKOKU_PKCS11_PIN", &prompt)
                    .map_err(|error| error.to_string())
            };
            KeySet::of_token(&uri, pin).map_err(|error| match error {
                Pkcs11Error::Login { .. } => Failure::Token(error),
                error => Failure::input("keys", error),
            })
        }
        Some("env") => KeySet::from_environment(|name| std::env::var(name).ok()).map_err(invalid),
        Some("prompt") => {
            let typed = secret::read(None, "TENKOKU_KEY", "key, in hexadecimal (not shown): ")?;
            KeySet::from_typed(&typed).map_err(invalid)
        }
        _ => KeySet::read(source).map_err(invalid),
    }
}

/// The keys themselves, for what a token cannot do without giving them away.
///
/// # Errors
/// [`Failure::Usage`] where they lie in a token.
pub fn at_hand(keys: &KeySet) -> Result<&StaticKeys, Failure> {
    keys.plain().ok_or_else(|| {
        let why = match keys.agreement() {
            Some(_) => "is no key set",
            None => "never leave it",
        };
        Failure::Usage(format!(
            "{keys} {why}, and this wants keys that are at hand: give a key file, `env` or `prompt`"
        ))
    })
}

/// Key check values for a person.
#[must_use]
pub fn check_values(keys: &KeySet, protocol: u8) -> Option<String> {
    let values = keys.check_values(protocol).ok()?;
    Some(values.map(hex::encode_upper).join(" "))
}

/// Opens a secure channel with the issuer security domain, at the highest level that the card offers.
///
/// # Errors
/// [`Failure::Card`].
pub fn authenticate<T: Transport>(transport: T, keys: KeySet) -> Result<Authenticated<T>, Failure> {
    open(
        transport,
        keys,
        None,
        None,
        Questions::default(),
        Known::default(),
    )
}

/// What a card is asked before its session is opened.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Questions {
    /// Nothing that it need not be asked: what tells it from others is asked only where the session does not tell it.
    pub(crate) least: bool,
    /// How many receipts its issuer security domain has given.
    pub(crate) receipts: bool,
}

fn open<T: Transport>(
    transport: T,
    keys: KeySet,
    domain: Option<&Aid>,
    security: Option<Security>,
    questions: Questions,
    known: Known,
) -> Result<Authenticated<T>, Failure> {
    let at_once = questions.least && !questions.receipts;
    let mut session = Session::select(transport, domain.filter(|_| at_once))?;
    let mut info = if questions.least {
        session.unasked()
    } else {
        session.essentials()?
    };
    // Only the domain that gives receipts tells their number.
    let confirmations = if questions.receipts {
        session.confirmation_counter()?
    } else {
        None
    };
    if let Some(domain) = domain.filter(|_| !at_once) {
        session.select_again(Some(domain))?;
    }
    let mut random = random()?;
    let opening = session.begin_knowing(&keys, &mut random, &|data| {
        known.scp02(data).filter(|_| questions.least)
    })?;
    if !keys.are_test_keys()
        && let Some(values) = check_values(&keys, opening.protocol())
    {
        sayln!("keys: {keys}; check values {values}");
    }
    let level = security.map_or_else(|| opening.offered(), SecurityLevel::from);
    session.complete(opening, level, &mut random)?;
    if let Some(opened) = session.opened() {
        info.learn(opened, &keys);
        known.keep(opened);
    }
    if info.name().is_none() && questions.least {
        info.production = session.production()?;
    }
    Ok(Authenticated {
        session,
        info,
        keys,
        level,
        confirmations,
        known,
    })
}

/// Randomness of this machine.
///
/// # Errors
/// [`Failure::Input`] where the system has none.
pub fn random() -> Result<Drbg, Failure> {
    Drbg::from_entropy().map_err(|error| Failure::input("random numbers", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_addresses_are_read_with_colons_in_names() {
        let read = |text: &str| {
            SerialAddress::from_str(text)
                .map(|address| (address.port, address.adapter, address.baud))
        };
        let phoenix = |port: &str, baud| Ok((port.to_owned(), Adapter::Phoenix, baud));
        assert_eq!(read("/dev/ttyUSB0"), phoenix("/dev/ttyUSB0", None));
        assert_eq!(read("COM3:phoenix,16129"), phoenix("COM3", Some(16129)));
        let path = "/dev/serial/by-path/pci-0000:00:14.0-usb-0:2:1.0";
        assert_eq!(read(&format!("{path},9600")), phoenix(path, Some(9600)));
        assert!(read("/dev/ttyUSB0,fast").is_err());
        assert!(read(":phoenix").is_err());
    }
}
