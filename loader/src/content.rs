//! Content management: INSTALL, LOAD, DELETE, SET STATUS; PUT KEY and STORE DATA in files of their own.

mod keys;
mod store_data;

pub use store_data::Dgi;
use store_data::STORE_DATA;

use apdu_spec::{Aid, StatusWord};

use crate::error::{Error, Refusal};
use crate::progress::Event;
use crate::receipt::Operation;
use crate::session::{Loading, Session};
use crate::tlv;
use crate::token::{BEGIN, COMBINED, DELETE, END, INSTALL, LoadFileSignature, MORE};
use crate::transport::Transport;

const LOAD: u8 = 0xE8;
const PUT_KEY: u8 = 0xD8;

/// What INSTALL \[for install\] asks for.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Installation {
    /// The load file that holds the module.
    #[serde(serialize_with = "crate::hexadecimal::aid")]
    pub load_file: Aid,
    /// The module.
    #[serde(serialize_with = "crate::hexadecimal::aid")]
    pub module: Aid,
    /// The AID that the instance will have.
    #[serde(serialize_with = "crate::hexadecimal::aid")]
    pub instance: Aid,
    /// Privileges, three bytes (GPCS 2.3.1 §11.1.2).
    pub privileges: [u8; 3],
    /// The application's own parameters, the value of C9.
    #[serde(serialize_with = "crate::hexadecimal::bytes")]
    pub parameters: Vec<u8>,
    /// Whether it becomes selectable at once.
    pub selectable: bool,
}

impl Installation {
    /// The data of INSTALL \[for install\] (GPCS 2.3.1 table 11-43), without a token.
    fn data(&self) -> Result<Vec<u8>, Error> {
        let parameters = tlv::object(0xC9, &self.parameters);
        let [first, second, third] = self.privileges;
        // Many cards take one byte of privileges only; three are needed for few.
        let privileges: &[u8] = if (second, third) == (0, 0) {
            &[first]
        } else {
            &[first, second, third]
        };
        fields(&[
            self.load_file.as_bytes(),
            self.module.as_bytes(),
            self.instance.as_bytes(),
            privileges,
            &parameters,
        ])
    }
}

/// What INSTALL \[for load\] announces.
#[derive(Clone, Copy, Debug)]
pub struct Announced<'a> {
    /// The load file.
    pub load_file: Aid,
    /// The security domain that it will belong to; empty for the selected one.
    pub domain: &'a [u8],
    /// The hash of the load file data, or empty.
    pub hash: &'a [u8],
    /// How many bytes of memory the card is to look for before it takes the first block.
    pub memory: Option<usize>,
}

impl Announced<'_> {
    /// A load file for the selected domain, and nothing else said of it.
    #[must_use]
    pub fn new(load_file: Aid) -> Self {
        Self {
            load_file,
            domain: &[],
            hash: &[],
            memory: None,
        }
    }

    /// The load parameters: the least memory for code (GPCS 2.3.1 table 11-49, tag C6), in two bytes where they do.
    fn parameters(&self) -> Vec<u8> {
        let Some(memory) = self.memory else {
            return Vec::new();
        };
        let quota = match (u16::try_from(memory), u32::try_from(memory)) {
            (Ok(short), _) => tlv::object(0xC6, &short.to_be_bytes()),
            (_, Ok(long)) => tlv::object(0xC6, &long.to_be_bytes()),
            // No card has that much, and none numbers that many blocks.
            _ => return Vec::new(),
        };
        tlv::object(0xEF, &quota)
    }
}

/// A command with short lengths. Its data fit: [`Session::max_data`] was looked at. STORE DATA has an Le only where its
/// P1 says that it is of case 4 (GPCS 2.3.1 table 11-89).
fn short_command(ins: u8, p1: u8, p2: u8, data: &[u8]) -> Vec<u8> {
    let mut command = vec![0x80, ins, p1, p2];
    if !data.is_empty() {
        command.push(u8::try_from(data.len()).unwrap_or(u8::MAX));
        command.extend_from_slice(data);
    }
    if ins != STORE_DATA || p1 & store_data::CASE_4 != 0 {
        command.push(0x00);
    }
    command
}

/// The package and the module of supplementary security domains (GPCS 2.3.1 §H.2).
const SECURITY_DOMAIN_PACKAGE: &[u8] = &[0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50];
const SECURITY_DOMAIN_MODULE: &[u8] = &[0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50, 0x41];

/// The fields of an INSTALL, each behind its length (BER-TLV, GPCS 2.3.1 §11.5.2.3), and the length 00 of its token.
fn fields(values: &[&[u8]]) -> Result<Vec<u8>, Error> {
    let mut data = Vec::new();
    for value in values {
        let length = tlv::length(value.len()).ok_or_else(|| too_long(value.len(), 65535))?;
        data.extend(length);
        data.extend_from_slice(value);
    }
    data.push(0x00);
    Ok(data)
}

pub(crate) fn too_long(length: usize, most: usize) -> Error {
    Error::Unsendable(format!(
        "{length} bytes of command data are too many: at most {most} fit here"
    ))
}

/// What a receipt of a command is over, besides the confirmation data.
pub(crate) type About<'a> = Option<(Operation, &'a [&'a [u8]])>;

impl<T: Transport> Session<T> {
    /// Sends a command, in several parts where it is one that may be and does not fit, with its token where there is
    /// one; takes the receipt of what it is `about` in.
    pub(crate) fn management(
        &mut self,
        ins: u8,
        [p1, p2]: [u8; 2],
        data: &[u8],
        about: About<'_>,
    ) -> Result<Vec<u8>, Error> {
        let with_token = self.with_token(ins, p1, p2, data);
        let data = with_token.as_deref().unwrap_or(data);
        let most = self.max_data();
        let may_split = matches!(ins, INSTALL | DELETE | PUT_KEY);
        if data.len() > most && !may_split {
            return Err(too_long(data.len(), most));
        }
        let mut rest = data;
        while rest.len() > most {
            let (part, behind) = rest.split_at(most.max(1));
            self.command(&short_command(ins, p1 | MORE, p2, part))?;
            rest = behind;
        }
        let answer = self.command(&short_command(ins, p1, p2, rest))?;
        if let Some((operation, names)) = about {
            // A load goes by the token of what announced it.
            let is_delegated = with_token.is_some() || ins == LOAD && self.is_delegated();
            self.receipts_mut()
                .hear(operation, names, is_delegated, &answer);
        }
        Ok(answer)
    }

    /// INSTALL \[for load\] (GPCS 2.3.1 §11.5.2.3.1).
    ///
    /// # Errors
    /// [`Error`].
    pub fn install_for_load(&mut self, announced: &Announced<'_>) -> Result<(), Error> {
        self.announce([0x02, 0x00], announced)
    }

    /// The beginning of INSTALL \[for load, install and make selectable\] (GPCS 2.3.1 §9.3.5, §11.5.2.2): everything
    /// happens with its end, [`Session::end_load_and_install`], or nothing. Otherwise as [`Session::install_for_load`].
    ///
    /// # Errors
    /// [`Error`]; many cards do not have the combined command, and refuse with 6A86.
    pub fn begin_load_and_install(&mut self, announced: &Announced<'_>) -> Result<(), Error> {
        self.announce([COMBINED, BEGIN], announced)
    }

    fn announce(&mut self, parameters: [u8; 2], announced: &Announced<'_>) -> Result<(), Error> {
        let Announced {
            load_file,
            domain,
            hash,
            ..
        } = *announced;
        let wanted = announced.parameters();
        let data = fields(&[load_file.as_bytes(), domain, hash, &wanted])?;
        self.management(INSTALL, parameters, &data, None)?;
        let owner = if domain.is_empty() {
            self.domain().to_vec()
        } else {
            domain.to_vec()
        };
        self.set_loading(Loading {
            load_file,
            owner,
            is_combined: parameters == [COMBINED, BEGIN],
        });
        Ok(())
    }

    /// The LOAD commands: `load_file` is the load file data without tag, as `CapFile::load_file` gives it.
    /// `signatures` go before them. `taken` is told of every block that the card has taken.
    ///
    /// # Errors
    /// [`Error`]; the card then keeps nothing of the load.
    pub fn load(
        &mut self,
        load_file: &[u8],
        signatures: &[LoadFileSignature],
        taken: &mut dyn FnMut(Event),
    ) -> Result<(), Error> {
        let data = load_data(load_file, signatures);
        let size = self.best_data(data.len());
        let blocks: Vec<&[u8]> = data.chunks(size).collect();
        // A value that is too long for its length field comes back as no object at all.
        if blocks.is_empty() || blocks.len() > 256 {
            return Err(Error::Unsendable(format!(
                "the load file has {} bytes, but 256 blocks of {size} bytes is what LOAD can number",
                load_file.len()
            )));
        }
        let mut bytes = 0;
        for (number, block) in blocks.iter().enumerate() {
            let last = if number + 1 == blocks.len() {
                0x80
            } else {
                0x00
            };
            let number_byte = u8::try_from(number).unwrap_or(u8::MAX);
            let loading = self.loading().filter(|_| last != 0).cloned();
            let names = loading
                .as_ref()
                .filter(|loading| !loading.is_combined)
                .map(|loading| [loading.load_file.as_bytes(), &loading.owner]);
            let about = names.as_ref().map(|names| (Operation::Load, &names[..]));
            self.management(LOAD, [last, number_byte], block, about)?;
            bytes += block.len();
            taken(Event::Block {
                block: number + 1,
                blocks: blocks.len(),
                bytes,
                total: data.len(),
            });
        }
        Ok(())
    }

    /// INSTALL \[for install\], or \[for install and make selectable\] (GPCS 2.3.1 §11.5.2.3.2).
    ///
    /// # Errors
    /// [`Error`]; nothing of the instance is then on the card.
    pub fn install(&mut self, installation: &Installation) -> Result<(), Error> {
        let data = installation.data()?;
        let names = [
            installation.load_file.as_bytes(),
            installation.instance.as_bytes(),
        ];
        let p1 = if installation.selectable { 0x0C } else { 0x04 };
        let about = Some((Operation::Install, &names[..]));
        self.management(INSTALL, [p1, 0x00], &data, about)?;
        self.know_origin(installation.instance, installation.load_file);
        Ok(())
    }

    /// The end of what [`Session::begin_load_and_install`] began, after the LOAD commands: the instance is made from
    /// the load file, and selectable.
    ///
    /// # Errors
    /// [`Error`]; neither the load file nor the instance is then on the card.
    pub fn end_load_and_install(&mut self, installation: &Installation) -> Result<(), Error> {
        let data = installation.data()?;
        let loading = self.loading().cloned();
        let owner = loading.map_or_else(|| self.domain().to_vec(), |loading| loading.owner);
        let names = [
            installation.load_file.as_bytes(),
            installation.instance.as_bytes(),
            &owner,
        ];
        let about = Some((Operation::LoadAndInstall, &names[..]));
        self.management(INSTALL, [COMBINED, END], &data, about)?;
        self.know_origin(installation.instance, installation.load_file);
        Ok(())
    }

    /// Makes a supplementary security domain (INSTALL \[for install and make selectable\] of the module that GPCS
    /// 2.3.1 §H.2 recommends). `privileges` come with that of being a security domain. Until it has keys of its own, most cards
    /// let it use those of the domain that made it: select it, open a session, and [`Session::put_key`].
    ///
    /// # Errors
    /// [`Error`]; cards whose security domains come from another module refuse with 6A88: use
    /// [`Session::install`] with that module and the security domain privilege.
    pub fn install_security_domain(
        &mut self,
        instance: &Aid,
        privileges: [u8; 3],
    ) -> Result<(), Error> {
        let aid =
            |bytes: &[u8]| Aid::new(bytes).map_err(|error| Error::Unsendable(error.to_string()));
        let [first, second, third] = privileges;
        self.install(&Installation {
            load_file: aid(SECURITY_DOMAIN_PACKAGE)?,
            module: aid(SECURITY_DOMAIN_MODULE)?,
            instance: *instance,
            privileges: [first | 0x80, second, third],
            parameters: Vec::new(),
            selectable: true,
        })
    }

    /// INSTALL \[for extradition\] (GPCS 2.3.1 §11.5.2.3.4): gives an application or a load file to another
    /// security domain.
    ///
    /// # Errors
    /// [`Error`].
    pub fn extradite(&mut self, subject: &Aid, domain: &Aid) -> Result<(), Error> {
        let data = fields(&[domain.as_bytes(), &[], subject.as_bytes(), &[], &[]])?;
        let old = self.domain().to_vec();
        let names = [&old, subject.as_bytes(), domain.as_bytes()];
        let about = Some((Operation::Extradition, &names[..]));
        self.management(INSTALL, [0x10, 0x00], &data, about)
            .map(drop)
    }

    /// INSTALL \[for make selectable\] (GPCS 2.3.1 §11.5.2.3.3).
    ///
    /// # Errors
    /// [`Error`].
    pub fn make_selectable(&mut self, instance: &Aid) -> Result<(), Error> {
        let data = fields(&[&[], &[], instance.as_bytes(), &[0x00], &[]])?;
        let origin = self.origin(instance);
        let origin = origin.as_ref().map_or(&[][..], Aid::as_bytes);
        let names = [origin, instance.as_bytes()];
        let about = Some((Operation::Install, &names[..]));
        self.management(INSTALL, [0x08, 0x00], &data, about)
            .map(drop)
    }

    /// INSTALL \[for personalization\] (GPCS 2.3.1 §11.5.2.3.6): the STORE DATA commands that follow are passed on
    /// to this instance.
    ///
    /// # Errors
    /// [`Error`].
    pub fn install_for_personalization(&mut self, instance: &Aid) -> Result<(), Error> {
        let data = fields(&[&[], &[], instance.as_bytes(), &[], &[]])?;
        self.management(INSTALL, [0x20, 0x00], &data, None)
            .map(drop)
    }

    /// INSTALL \[for registry update\] (GPCS 2.3.1 §11.5.2.3.5): other privileges, or with system parameters (the
    /// content of EF) implicit selection and contactless parameters.
    ///
    /// # Errors
    /// [`Error`].
    pub fn update_registry(
        &mut self,
        application: &Aid,
        privileges: Option<[u8; 3]>,
        system_parameters: &[u8],
    ) -> Result<(), Error> {
        let privileges = privileges.map_or_else(Vec::new, |bytes| bytes.to_vec());
        let parameters = if system_parameters.is_empty() {
            Vec::new()
        } else {
            tlv::object(0xEF, system_parameters)
        };
        let names = [
            &[],
            application.as_bytes(),
            &[],
            &privileges[..],
            &parameters,
        ];
        let [_, name, _, privileges, parameters] = names;
        let data = fields(&[&[], &[], name, privileges, parameters])?;
        let about = Some((Operation::RegistryUpdate, &names[..]));
        self.management(INSTALL, [0x40, 0x00], &data, about)
            .map(drop)
    }

    /// DELETE (GPCS 2.3.1 §11.2) of an application or a load file, and where `with_related`, of what was made from
    /// it.
    ///
    /// # Errors
    /// [`Error`]; see [`Session::delete_if_present`].
    pub fn delete(&mut self, aid: &Aid, with_related: bool) -> Result<(), Error> {
        let p2 = if with_related { 0x80 } else { 0x00 };
        let data = tlv::object(0x4F, aid.as_bytes());
        let about = Some((Operation::Delete, &[aid.as_bytes()][..]));
        let result = self.management(DELETE, [0x00, p2], &data, about).map(drop);
        match result {
            Err(Error::Refused(refusal))
                if refusal.status == StatusWord(0x6985) && !with_related =>
            {
                let advice = "delete with related objects to take its applications along";
                Err(refusal.advise(advice).into())
            }
            other => other,
        }
    }

    /// [`Session::delete`], where nothing to delete is as good. Tells whether something was deleted.
    ///
    /// # Errors
    /// [`Error`].
    pub fn delete_if_present(&mut self, aid: &Aid, with_related: bool) -> Result<bool, Error> {
        match self.delete(aid, with_related) {
            Ok(()) => Ok(true),
            Err(Error::Refused(Refusal {
                status: StatusWord(0x6A88 | 0x6A82),
                ..
            })) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// SET STATUS (GPCS 2.3.1 §11.10): locks an application, or takes the lock off.
    ///
    /// # Errors
    /// [`Error`].
    pub fn set_locked(&mut self, application: &Aid, locked: bool) -> Result<(), Error> {
        let state = if locked { 0x80 } else { 0x00 };
        self.management(0xF0, [0x40, state], application.as_bytes(), None)
            .map(drop)
    }

    /// SET STATUS of the card itself: 07 INITIALIZED, 0F SECURED, 7F CARD_LOCKED, FF TERMINATED. There is no way
    /// back from the first two to what was before, and none at all from the last.
    ///
    /// # Errors
    /// [`Error`].
    pub fn set_card_state(&mut self, state: u8) -> Result<(), Error> {
        self.management(0xF0, [0x80, state], &[], None).map(drop)
    }
}

/// What the LOAD commands carry: the signatures, then the load file (GPCS 2.3.1 table 11-58).
pub(crate) fn load_data(load_file: &[u8], signatures: &[LoadFileSignature]) -> Vec<u8> {
    let mut data: Vec<u8> = signatures
        .iter()
        .filter_map(LoadFileSignature::block)
        .flatten()
        .collect();
    data.extend(tlv::object(0xC4, load_file));
    data
}
