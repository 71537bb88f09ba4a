//! `tenkoku script`

use crate::connection::{Connection, at_hand, random, read_keys};
use crate::failure::Failure;
use crate::installation::Installation;
use crate::{aid, confirm, files, output};
use cap_file::CapFile;
use clap::{Args, Subcommand};
use loader::{
    AgreementKeys, Aid, CardContent, FlashOptions, InstanceOptions, KeySet, Offline, OfflineCard,
    Plan, Refusal, SecurityLevel, Session, StatusWord, Transport,
};
use serde::Serialize;
use std::path::PathBuf;

/// The arguments of `tenkoku script`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    tenkoku identify                                                  tells the sequence counter\n  \
    tenkoku script write jpki.cap --counter 17 --kvn 30 --keys card.toml -o flash.apdu\n  \
    tenkoku script play flash.apdu --reader ACR                       wants no keys\n  \
    tenkoku script write jpki.cap --keys scp11c.toml -o fleet.apdu    for every card with the key, again and again\n\n\
    Whoever has the keys writes the script, whoever has the card plays it. A script works for one card, at one count\n\
    of its sequence counter, once, with SCP03 and pseudo-random challenges (i=1x, 3x, 7x); with SCP11c it works again and\n\
    again, for every card that has the same key (a key file with `scp = \"11c\"`, `kvn`, `authority` and the card's\n\
    `card-certificates` or `card-key`).")]
pub struct Script {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What to do with a script.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Write the whole session of a flash, without the card.
    Write(Write),
    /// Send a script's commands to a card, without keys.
    Play(Box<Play>),
}

/// The arguments of `tenkoku script write`.
#[derive(Args, Debug)]
pub struct Write {
    /// The CAP file.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The script to write: one command in hexadecimal on a line.
    #[arg(short, long, value_name = "SCRIPT")]
    pub output: PathBuf,
    /// The keys: a key file, `env` or `prompt`.
    #[arg(long, value_name = "FILE|env|prompt")]
    pub keys: PathBuf,
    /// The card's sequence counter, as `tenkoku identify` tells it; SCP11c has none.
    #[arg(long, value_name = "N")]
    pub counter: Option<u32>,
    /// The version of the card's key set, in hexadecimal, where the keys do not tell it.
    #[arg(long, value_name = "KVN", value_parser = byte)]
    pub kvn: Option<u8>,
    /// The parameter `i` of its channel, in hexadecimal.
    #[arg(long, value_name = "I", default_value = "70", value_parser = byte)]
    pub i: u8,
    /// Its key diversification data, ten bytes in hexadecimal; for keys that are master keys.
    #[arg(long, value_name = "HEX", value_parser = aid::bytes)]
    pub diversification_data: Option<std::vec::Vec<u8>>,
    /// Its issuer security domain.
    #[arg(long, value_name = "AID", default_value = "A000000151000000", value_parser = aid::parse)]
    pub issuer: Aid,
    /// An instance to install; without this: one of each module.
    #[arg(long, value_name = "MODULE_AID[:INSTANCE_AID[:PARAMS]]")]
    pub install: Vec<Installation>,
    /// Delete the package first, with all its instances and their data: it must be there.
    #[arg(long)]
    pub replace: bool,
}

/// The arguments of `tenkoku script play`.
#[derive(Args, Debug)]
pub struct Play {
    /// The script.
    #[arg(value_name = "SCRIPT")]
    pub script: PathBuf,
    /// The card.
    #[command(flatten)]
    pub connection: Connection,
    /// Do not ask before sending.
    #[arg(long)]
    pub yes: bool,
    /// Report in JSON; wants `--yes`.
    #[arg(long, requires = "yes")]
    pub json: bool,
}

fn byte(text: &str) -> Result<u8, String> {
    u8::from_str_radix(text, 16).map_err(|_| format!("{text} is no byte in hexadecimal"))
}

#[derive(Serialize)]
struct Report {
    sent: usize,
    commands: usize,
}

impl Script {
    /// Does it.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self) -> Result<(), Failure> {
        match &self.action {
            Action::Write(write) => write.run(),
            Action::Play(play) => play.run(),
        }
    }
}

impl Write {
    fn run(&self) -> Result<(), Failure> {
        let cap = files::read_cap(&self.file)?;
        let keys = read_keys(&self.keys)?;
        let (session, note) = match keys.agreement() {
            Some(agreement) => self.agreed(agreement.clone())?,
            None => self.foretold(keys)?,
        };
        self.write(&cap, session, &note)
    }

    /// A session of SCP11c, which every card with the key takes.
    fn agreed(&self, mut agreement: AgreementKeys) -> Result<(Session<Offline>, String), Failure> {
        let mut random = random()?;
        let prepared = agreement
            .prepare(SecurityLevel::FULL, &mut random)
            .map_err(|error| Failure::input(self.keys.display(), error))?;
        let note = format!(
            "with {agreement}; plays any number of times, on every card with the key {:02X}/{:02X}",
            agreement.variant.key_identifier(),
            agreement.key_version
        );
        let offline = Offline::agreed(self.issuer.as_bytes(), prepared);
        let mut session = Session::select(offline, None)?;
        let keys = KeySet::of_agreement(agreement);
        session.open(&keys, SecurityLevel::FULL, &mut random)?;
        Ok((session, note))
    }

    /// A session of SCP03 with one card at one count.
    fn foretold(&self, mut keys: KeySet) -> Result<(Session<Offline>, String), Failure> {
        let Some(counter) = self.counter else {
            return Err(Failure::Usage(
                "a script for SCP03 wants the card's sequence counter: give --counter, as `tenkoku identify` tells it"
                    .to_owned(),
            ));
        };
        keys.version = self.kvn.unwrap_or(keys.version);
        if keys.version == 0 {
            return Err(Failure::Usage(
                "a script wants the version of the card's keys: give --kvn, or `kvn` in the key file".to_owned(),
            ));
        }
        let card = self.card(&keys, counter)?;
        let own = keys
            .derived(&card.key_diversification_data)
            .map_err(|error| Failure::input("keys", error))?;
        let own = match own {
            Some(own) => own,
            None => at_hand(&keys)?.clone(),
        };
        let mut session = Session::select(Offline::new(card, own)?, None)?;
        // What a card answers is not looked at when a script is played: it is not asked for protected answers.
        session.open(&keys, SecurityLevel::C_DECRYPTION, &mut random()?)?;
        let note = format!(
            "for key version {:02X} at sequence counter {counter}; plays once",
            keys.version
        );
        Ok((session, note))
    }

    fn write(
        &self,
        cap: &CapFile,
        mut session: Session<Offline>,
        note: &str,
    ) -> Result<(), Failure> {
        let options = FlashOptions {
            instances: self.install.iter().map(InstanceOptions::from).collect(),
            ..FlashOptions::default()
        };
        let invalid = |error| Failure::input(self.file.display(), error);
        let mut plan =
            Plan::new(cap, &CardContent::empty(self.issuer), &options).map_err(invalid)?;
        if self.replace {
            plan.delete_first(cap).map_err(invalid)?;
        }
        plan.run(&mut session, &mut |_| ())?;
        let commands = session.into_transport().commands;
        let mut text = format!("# {} {note}.\n", self.file.display());
        for command in &commands {
            text += &hex::encode_upper(command);
            text.push('\n');
        }
        files::write(&self.output, text.as_bytes())?;
        output::print(&format!(
            "{}: {} commands\n",
            self.output.display(),
            commands.len()
        ))
    }

    fn card(&self, keys: &KeySet, counter: u32) -> Result<OfflineCard, Failure> {
        let data = match (&self.diversification_data, keys.diversification) {
            (Some(data), _) => data.as_slice().try_into().map_err(|_| {
                Failure::Usage(format!(
                    "key diversification data have 10 bytes, these {}",
                    data.len()
                ))
            })?,
            (None, Some(_)) => {
                return Err(Failure::Usage(
                    "these are master keys: give the card's --diversification-data".to_owned(),
                ));
            }
            (None, None) => [0; 10],
        };
        Ok(OfflineCard {
            domain: self.issuer.as_bytes().to_vec(),
            key_version: keys.version,
            sequence_counter: counter,
            parameters: loader::ChannelParameters(self.i),
            key_diversification_data: data,
        })
    }
}

impl Play {
    fn run(&self) -> Result<(), Failure> {
        let bytes = files::read(&self.script)?;
        let invalid = |line: usize, error: &dyn std::fmt::Display| {
            Failure::input(self.script.display(), format!("line {line}: {error}"))
        };
        let mut commands = Vec::new();
        for (number, line) in String::from_utf8_lossy(&bytes).lines().enumerate() {
            let text = line.split('#').next().unwrap_or_default().trim();
            if !text.is_empty() {
                commands.push(aid::bytes(text).map_err(|error| invalid(number + 1, &error))?);
            }
        }
        if commands.is_empty() {
            return Err(invalid(
                1,
                &"a script has one command in hexadecimal on a line",
            ));
        }
        let mut card = self.connection.connect()?;
        confirm::confirm(
            &format!("Send {} commands to the card?", commands.len()),
            self.yes,
        )?;
        for (sent, command) in commands.iter().enumerate() {
            let answer = card.transmit(command)?;
            let status = answer.last_chunk::<2>().map_or(StatusWord(0), |status| {
                StatusWord(u16::from_be_bytes(*status))
            });
            // 61xx: there are data, which nobody waits for.
            if status != StatusWord::SUCCESS && status.0 >> 8 != 0x61 {
                let refusal = Refusal::new(command, status);
                let advice = if refusal.command == "EXTERNAL AUTHENTICATE" {
                    "the card's sequence counter is not the one that the script was made for: nothing was written"
                        .to_owned()
                } else {
                    format!("{sent} of {} commands were carried out", commands.len())
                };
                return Err(Failure::Card(refusal.advise(&advice).into()));
            }
        }
        let report = Report {
            sent: commands.len(),
            commands: commands.len(),
        };
        if self.json {
            return output::print_json("tenkoku.script/1", &report);
        }
        output::print(&format!("sent {} commands\n", report.sent))
    }
}
