//! A simulated card as a transport.

use crate::failure::Failure;
use crate::files;
use crate::installation::Installation;
use crate::output;
use crate::source::Sources;
use cap_file::CapFile;
use card_link::Peripheral;
use card_link::atr::Atr;
use card_link::contact::{Abilities, Application, Contact};
use card_link::pn532::{Chip, ContactlessCard};
use card_sim::gp::Protocol;
use card_sim::image::ImageError;
use card_sim::runtime::{InstallError, LoadError};
#[cfg(unix)]
use card_sim::serial::{self, Terminal};
use card_sim::vm::Limits;
use card_sim::vpcd::{self, VpcdError};
use card_sim::{Card, CardConfig, Profile, Transmission};
use clap::Args;
use loader::{ConnectionInfo, Transport, TransportError};
use std::io;
use std::path::{Path, PathBuf};

/// The simulated card that a command works on.
#[derive(Args, Clone, Debug, Default)]
pub struct CardArguments {
    /// The seed of every random byte of a new card; the same seed gives the same responses.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// The secure channel protocol of a new card's issuer security domain with its parameter `i`: `scp03:70`,
    /// `scp03:61`, `scp02:55`, `scp02:1A` … Without it the profile's, else `scp03:70`.
    #[arg(long, value_name = "PROTOCOL:I")]
    pub scp: Option<Protocol>,
    /// How commands come: `t0` (GET RESPONSE, 61xx, 6Cxx), `t1`, `contactless-a` or `contactless-b`.
    #[arg(long, value_name = "PROTOCOL", default_value_t = Transmission::T1)]
    pub protocol: Transmission,
    /// The kind of a new card: its memories, its API, what it has not. One that `tenkoku card profiles` names, or a
    /// file in the form of those (card-sim/profiles).
    #[arg(long, value_name = "NAME|FILE", value_parser = profile)]
    pub profile: Option<Profile>,
    /// The file that keeps the card's state; it is made where there is none.
    #[arg(long, value_name = "FILE")]
    pub image: Option<PathBuf>,
    /// A CAP file to load; may be given several times, in any order: a package comes after those that it imports. One
    /// that is in the image already is passed over.
    #[arg(long, value_name = "FILE")]
    pub cap: Vec<PathBuf>,
    /// An instance to install; AIDs and parameters in hexadecimal. One that is in the image already is passed over.
    #[arg(long, value_name = "MODULE_AID[:INSTANCE_AID[:PARAMS]]")]
    pub install: Vec<Installation>,
    /// A source map, beside those that lie next to the CAP files; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub map: Vec<PathBuf>,
    /// Check the types of everything at every instruction. A command that breaks a rule of the
    /// bytecode verifier ends in 6F00, and the rule and its place are told.
    #[arg(long)]
    pub defensive: bool,
    /// The most bytecodes that one command may execute.
    #[arg(long, value_name = "N")]
    pub steps: Option<u64>,
}

impl CardArguments {
    /// What a new card is like.
    fn config(&self) -> CardConfig {
        let kind = self.profile.clone().map(CardConfig::of);
        let mut config = CardConfig {
            seed: self.seed,
            ..kind.unwrap_or_default()
        };
        if let Some(protocol) = self.scp {
            config.issuer.protocol = protocol;
        }
        config
    }

    /// What is known of the source of the CAP files.
    ///
    /// # Errors
    /// [`Failure::Input`] where a source map is none.
    pub(crate) fn sources(&self) -> Result<Sources, Failure> {
        Sources::of(&self.cap, &self.map)
    }

    /// Makes the card: from its image or new, with the CAP files loaded and the instances installed.
    ///
    /// # Errors
    /// [`Failure::Input`], [`Failure::Simulator`].
    pub fn make(&self) -> Result<Simulator, Failure> {
        self.make_with(|_| ())
    }

    /// As [`CardArguments::make`]; `prepare` sees the card before anything is loaded and installed.
    ///
    /// # Errors
    /// As [`CardArguments::make`].
    pub fn make_with(&self, prepare: impl FnOnce(&mut Card)) -> Result<Simulator, Failure> {
        let mut simulator = match &self.image {
            Some(image) => Simulator::open_or_make(image, &self.config())?,
            None => Simulator::with_config(&self.config()),
        };
        if self.profile.is_some() && simulator.card.runtime().profile() != self.profile.as_ref() {
            return Err(Failure::Usage(
                "the image holds a card of another profile; leave --profile out, or begin with a new image"
                    .to_owned(),
            ));
        }
        simulator.card.set_defensive(self.defensive);
        if simulator.card.transmission() != self.protocol {
            simulator.card.set_transmission(self.protocol);
        }
        if let Some(steps) = self.steps {
            simulator.card.set_limits(Limits {
                steps,
                ..simulator.card.runtime().limits()
            });
        }
        prepare(&mut simulator.card);
        for file in in_order(&self.cap)? {
            simulator.load(file)?;
        }
        for installation in &self.install {
            simulator.install(installation)?;
        }
        simulator.save()?;
        Ok(simulator)
    }
}

/// The CAP files in an order in which each comes after those whose packages it imports.
fn in_order(files: &[PathBuf]) -> Result<Vec<&PathBuf>, Failure> {
    let mut waiting = Vec::new();
    for file in files {
        waiting.push((file, files::read_cap(file)?));
    }
    let mut order = Vec::new();
    while !waiting.is_empty() {
        let is_free = |(_, cap): &(&PathBuf, CapFile)| {
            let mut imports = cap.import.packages.iter();
            imports.all(|import| {
                let is_it =
                    |(_, other): &(&PathBuf, CapFile)| other.header.package.aid == import.aid;
                !waiting.iter().any(is_it)
            })
        };
        // Packages that import each other are left to the card, which refuses them.
        let next = waiting.iter().position(is_free).unwrap_or(0);
        order.push(waiting.remove(next).0);
    }
    Ok(order)
}

/// A profile by its name, or from a file.
pub(crate) fn profile(text: &str) -> Result<Profile, String> {
    if let Some(profile) = Profile::named(text) {
        return Ok(profile);
    }
    let file = std::fs::read_to_string(text).map_err(|error| {
        let names: Vec<&str> = Profile::BUILTIN.iter().map(|(name, _)| *name).collect();
        format!("neither one of {} nor a file: {error}", names.join(", "))
    })?;
    Profile::parse(&file).map_err(|error| error.to_string())
}

/// A simulated card; with an image file, its state outlives the process.
pub struct Simulator {
    card: Card,
    image: Option<PathBuf>,
    /// The digest of the image in the file; `None` where there is no file yet.
    saved: Option<Digest>,
}

impl Simulator {
    /// A new card that nothing keeps.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::with_config(&CardConfig {
            seed,
            ..CardConfig::default()
        })
    }

    /// A new card of this kind that nothing keeps.
    #[must_use]
    pub fn with_config(config: &CardConfig) -> Self {
        Self {
            card: Card::new(config),
            image: None,
            saved: None,
        }
    }

    /// The card of an image file, or a new one where there is no such file.
    ///
    /// # Errors
    /// [`Failure::Simulator`] where the file is no image, or a damaged one; it is left as it is.
    pub fn open(image: &Path) -> Result<Self, Failure> {
        Self::open_or_make(image, &CardConfig::default())
    }

    /// As [`Simulator::open`]; a new card is of this kind.
    ///
    /// # Errors
    /// As [`Simulator::open`].
    pub fn open_or_make(image: &Path, config: &CardConfig) -> Result<Self, Failure> {
        let mut simulator = Self::with_config(config);
        if image.exists() {
            simulator.card =
                Card::open(image).map_err(|error| Failure::input(image.display(), error))?;
            let written = simulator
                .card
                .to_image()
                .map_err(|error| Failure::input(image.display(), error))?;
            simulator.saved = digest(&written);
        }
        simulator.image = Some(image.to_owned());
        Ok(simulator)
    }

    /// Writes the image, where there is one and the card has changed since.
    ///
    /// # Errors
    /// [`Failure::Simulator`].
    pub fn save(&mut self) -> Result<(), Failure> {
        if let Some(image) = &self.image {
            keep(&self.card, image, &mut self.saved)
                .map_err(|error| Failure::Simulator(error.to_string()))?;
        }
        Ok(())
    }

    /// Connects to the vpcd reader driver and answers it until it goes away.
    ///
    /// # Errors
    /// [`Failure::Simulator`].
    pub fn serve(&mut self, address: &str, allow_remote: bool) -> Result<(), Failure> {
        let failed = |error: VpcdError| Failure::Simulator(error.to_string());
        let mut connection = vpcd::connect(address, allow_remote).map_err(failed)?;
        sayln!("serving at {address}");
        let Self { card, image, saved } = self;
        let after_command = |card: &Card| match image {
            Some(image) => keep(card, image, saved).map_err(io::Error::other),
            None => Ok(()),
        };
        vpcd::serve(&mut connection, card, after_command).map_err(failed)
    }

    /// Listens at an address and answers one connection after the other.
    ///
    /// # Errors
    /// [`Failure::Simulator`].
    pub fn serve_tcp(&mut self, address: &str, allow_remote: bool) -> Result<(), Failure> {
        let failed = |error: VpcdError| Failure::Simulator(error.to_string());
        let listener = vpcd::listen(address, allow_remote).map_err(failed)?;
        let local = listener
            .local_addr()
            .map_err(|error| Failure::Simulator(error.to_string()))?;
        // The port may have been chosen by the system: scripts read it here.
        output::print(&format!("{local}\n"))?;
        for connection in listener.incoming() {
            let mut stream = connection.map_err(|error| Failure::Simulator(error.to_string()))?;
            let Self { card, image, saved } = self;
            let after_command = |card: &Card| match image {
                Some(image) => keep(card, image, saved).map_err(io::Error::other),
                None => Ok(()),
            };
            // A reader that breaks off takes nothing but its own connection with it.
            if let Err(error) = vpcd::serve(&mut stream, card, after_command) {
                sayln!("note: {error}");
            }
        }
        Ok(())
    }

    /// Puts the card into a Phoenix adapter at the end of a pseudo-terminal, and answers whoever opens it.
    ///
    /// # Errors
    /// [`Failure::Simulator`].
    #[cfg(unix)]
    pub fn serve_phoenix(&mut self, abilities: Abilities) -> Result<(), Failure> {
        // What applets see is what the line speaks.
        self.card.set_transmission(if abilities.t1 {
            Transmission::T1
        } else {
            Transmission::T0
        });
        serve_at_terminal(&mut Contact::new(self, abilities))
    }

    /// Serves the card at a pseudo-terminal, as if it were in the field of a PN532.
    ///
    /// # Errors
    /// [`Failure::Simulator`].
    pub fn serve_pn532(&mut self, card: ContactlessCard) -> Result<(), Failure> {
        self.card.set_transmission(if card.is_b {
            Transmission::ContactlessB
        } else {
            Transmission::ContactlessA
        });
        serve_at_terminal(&mut Chip::new(self, card))
    }

    /// The simulated card.
    pub fn card(&mut self) -> &mut Card {
        &mut self.card
    }

    /// Loads a CAP file without a secure channel.
    ///
    /// # Errors
    /// [`Failure::Input`] where it is none, [`Failure::Simulator`] where the card refuses it.
    pub fn load(&mut self, file: &Path) -> Result<(), Failure> {
        let cap = files::read_cap(file)?;
        match self.card.load_cap(&cap) {
            Ok(_) => Ok(()),
            Err(LoadError::Duplicate(aid)) if self.saved.is_some() => {
                sayln!(
                    "note: {aid} is in the image already; {} is not loaded",
                    file.display()
                );
                Ok(())
            }
            Err(error) => Err(Failure::Simulator(format!("{}: {error}", file.display()))),
        }
    }

    /// Installs an instance without a secure channel.
    ///
    /// # Errors
    /// [`Failure::Simulator`] where the card refuses it.
    pub fn install(&mut self, installation: &Installation) -> Result<(), Failure> {
        let Installation {
            module,
            instance,
            parameters,
        } = installation;
        match self
            .card
            .install(card_aid(module)?, card_aid(instance)?, parameters)
        {
            Ok(_) => Ok(()),
            Err(InstallError::Duplicate(aid)) if self.saved.is_some() => {
                sayln!("note: {aid} is in the image already; it is not installed");
                Ok(())
            }
            Err(error) => Err(Failure::Simulator(format!("{module}: {error}"))),
        }
    }

    /// Sends a command; what it changed is in the image before the response is out.
    ///
    /// # Errors
    /// [`Failure::Output`] where the image cannot be written.
    pub fn exchange(&mut self, command: &[u8]) -> Result<Vec<u8>, Failure> {
        self.exchange_with(|card| card.transmit(command))
    }

    fn exchange_with(
        &mut self,
        transmit: impl FnOnce(&mut Card) -> Vec<u8>,
    ) -> Result<Vec<u8>, Failure> {
        let response = transmit(&mut self.card);
        if let Some(fault) = self.card.last_fault() {
            sayln!("note: the applet failed: {fault}");
        }
        self.save()?;
        Ok(response)
    }

    /// Resets the card.
    ///
    /// # Errors
    /// [`Failure::Output`] where the image cannot be written.
    pub fn power_cycle(&mut self) -> Result<(), Failure> {
        self.card.reset();
        self.save()
    }
}

/// Says what the pseudo-terminal is called, and serves there until it is stopped.
fn serve_at_terminal(device: &mut impl Peripheral) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::Simulator(error.to_string());
    let mut terminal = Terminal::open().map_err(failed)?;
    output::print(&format!("{}\n", terminal.path()))?;
    serial::serve(&mut terminal, device, &mut || false).map_err(failed)
}

/// The SHA-256 that an image ends with.
type Digest = [u8; 32];

fn digest(image: &[u8]) -> Option<Digest> {
    image.last_chunk().copied()
}

/// Writes the card's image where it is another than the one written last.
fn keep(card: &Card, image: &Path, saved: &mut Option<Digest>) -> Result<(), ImageError> {
    let digest = digest(&card.to_image()?);
    if digest != *saved {
        card.save(image)?;
        *saved = digest;
    }
    Ok(())
}

fn card_aid(aid: &loader::Aid) -> Result<card_sim::Aid, Failure> {
    card_sim::Aid::new(aid.as_bytes()).ok_or_else(|| Failure::input(aid, "not an AID"))
}

impl Application for Simulator {
    fn reset(&mut self) -> Vec<u8> {
        self.card.reset();
        let atr = Atr::parse(&self.card.atr());
        atr.map_or_else(|_| Vec::new(), |atr| atr.historical().to_vec())
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        // The line has made an APDU of it.
        match self.exchange_with(|card| card.transmit_apdu(command)) {
            Ok(response) => response,
            Err(failure) => {
                // The image cannot be written: the card must not say that it has done something.
                failure.tell();
                Vec::new()
            }
        }
    }
}

impl Transport for Simulator {
    fn info(&self) -> ConnectionInfo {
        let name = match &self.image {
            Some(image) => format!("simulated card {}", image.display()),
            None => "simulated card".to_owned(),
        };
        ConnectionInfo {
            name,
            atr: self.card.atr(),
            protocol: "in process".to_owned(),
        }
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let response = self
            .exchange(command)
            .map_err(|failure| TransportError::Other(failure.to_string()))?;
        if response.is_empty() {
            return Err(TransportError::Removed);
        }
        Ok(response)
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        self.power_cycle()
            .map_err(|failure| TransportError::Other(failure.to_string()))
    }
}
