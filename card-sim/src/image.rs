//! The persistent state of a card as a file.
//!
//! A file is a header (magic, format version, length), the state, and a SHA-256 digest over all
//! before it. The state is a JSON part (registry, card manager, what the runtime environment
//! remembers) followed by the memory and the load files as they are. Transient memory, sessions
//! and an open transaction are not in it: a restored card has just been powered.
//!
//! A file is replaced by writing beside it and renaming, so that at every moment there is an old
//! or a new one. It holds the card's keys; on Unix only its owner may read it.

use crate::card::{Card, CommandUsage};
use crate::gp::CardManager;
use crate::profile::Profile;
use crate::registry::{LoadFileId, Registry};
use crate::runtime::Runtime;
use crate::session::RuntimeObjects;
use crate::vm::Limits;
use crate::vm::heap::PersistentPart;
use card_link::t0::Tpdus;
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;
use zeroize::Zeroizing;

const MAGIC: &[u8; 8] = b"TENKOKU\x1A";
/// Changes with every change of what a file holds.
const VERSION: u16 = 3;
const DIGEST: usize = 32;

/// Why an image is refused.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// Not an image.
    #[error("not a card image: the file does not begin with its mark; it was left as it is")]
    NotAnImage,
    /// An image of another format.
    #[error(
        "a card image of format {found}, this program reads format {VERSION}; use the program that wrote it"
    )]
    Version {
        /// The format of the file.
        found: u16,
    },
    /// The digest does not fit.
    #[error(
        "the card image is damaged ({0}); it was left as it is, restore a copy or begin with a new image"
    )]
    Damaged(&'static str),
}

/// The JSON part.
#[derive(Serialize, Deserialize)]
struct State {
    registry: Registry,
    manager: CardManager,
    objects: RuntimeObjects,
    limits: Limits,
    keygen: Vec<u8>,
    random: Vec<u8>,
    code: Vec<CodeEntry>,
    deletion_requested: bool,
    channels: u8,
    profile: Option<Profile>,
}

/// A load file; its bytes follow the memory.
#[derive(Serialize, Deserialize)]
pub(crate) struct CodeEntry {
    pub(crate) id: LoadFileId,
    pub(crate) statics: u16,
    pub(crate) length: usize,
}

impl Card {
    /// The persistent state of the card as an image.
    ///
    /// # Errors
    /// [`ImageError::Damaged`] if a part has no form in the file, which no card has.
    pub fn to_image(&self) -> Result<Zeroizing<Vec<u8>>, ImageError> {
        let (objects, limits, random, code, deletion_requested) = self.runtime.persistent_state();
        let state = State {
            registry: self.runtime.registry.clone(),
            manager: self.manager.clone(),
            objects: objects.clone(),
            limits,
            keygen: random.keygen.state().to_vec(),
            random: random.random.state().to_vec(),
            code: code
                .iter()
                .map(|(id, statics, bytes)| CodeEntry {
                    id: *id,
                    statics: *statics,
                    length: bytes.len(),
                })
                .collect(),
            deletion_requested,
            channels: self.runtime.channels().count(),
            profile: self.runtime.profile().cloned(),
        };
        let json = serde_json::to_vec(&state).map(Zeroizing::new);
        let json = json.map_err(|_| ImageError::Damaged("it cannot be written down"))?;
        let memory = Zeroizing::new(self.runtime.heap().persistent_part().to_bytes());
        let mut body = Zeroizing::new(Vec::new());
        for part in [&json, &memory] {
            let length = u32::try_from(part.len())
                .map_err(|_| ImageError::Damaged("it is larger than 4 GiB"))?;
            body.extend(length.to_be_bytes());
            body.extend_from_slice(part);
        }
        for (_, _, bytes) in &code {
            body.extend_from_slice(bytes);
        }
        let mut image = Zeroizing::new(MAGIC.to_vec());
        image.extend(VERSION.to_be_bytes());
        image.extend_from_slice(&body);
        let digest = se_crypto::sha256(&image);
        image.extend(digest);
        Ok(image)
    }

    /// The card of an image, just powered up.
    ///
    /// # Errors
    /// [`ImageError`].
    pub fn from_image(image: &[u8]) -> Result<Self, ImageError> {
        let rest = image
            .strip_prefix(MAGIC.as_slice())
            .ok_or(ImageError::NotAnImage)?;
        let (version, _) = rest
            .split_first_chunk::<2>()
            .ok_or(ImageError::Damaged("it is cut short"))?;
        let found = u16::from_be_bytes(*version);
        if found != VERSION {
            return Err(ImageError::Version { found });
        }
        let (content, digest) = image
            .split_last_chunk::<DIGEST>()
            .ok_or(ImageError::Damaged("it is cut short"))?;
        if se_crypto::sha256(content) != *digest {
            return Err(ImageError::Damaged("its checksum does not fit"));
        }
        let body = content.get(MAGIC.len() + 2..).unwrap_or(&[]);
        let (json, body) = part(body)?;
        let (memory, mut code) = part(body)?;
        let state: State = serde_json::from_slice(json)
            .map_err(|_| ImageError::Damaged("its state cannot be read"))?;
        let memory = PersistentPart::from_bytes(memory)
            .ok_or(ImageError::Damaged("its memory cannot be read"))?;
        let mut load_files = Vec::new();
        for entry in &state.code {
            let (bytes, rest) = code
                .split_at_checked(entry.length)
                .ok_or(ImageError::Damaged("a load file is cut short"))?;
            load_files.push((entry.id, entry.statics, bytes));
            code = rest;
        }
        let runtime = Runtime::restore(
            state.registry,
            memory,
            state.objects,
            state.limits,
            (&state.keygen, &state.random),
            &load_files,
            state.deletion_requested,
            state.channels,
            state.profile,
        )
        .ok_or(ImageError::Damaged("its parts do not fit together"))?;
        let mut card = Self {
            runtime,
            manager: state.manager,
            powered: false,
            t0: Tpdus::default(),
            usage: CommandUsage::default(),
        };
        card.reset();
        Ok(card)
    }

    /// Writes the image to a file; at every moment the file is the old image or the new one.
    ///
    /// # Errors
    /// [`ImageError::File`].
    pub fn save(&self, path: &Path) -> Result<(), ImageError> {
        let image = self.to_image()?;
        replace(path, &image).map_err(|source| ImageError::File {
            path: path.display().to_string(),
            source,
        })
    }

    /// Reads the card of an image file.
    ///
    /// # Errors
    /// [`ImageError`]; the file is never changed.
    pub fn open(path: &Path) -> Result<Self, ImageError> {
        let image = fs::read(path).map_err(|source| ImageError::File {
            path: path.display().to_string(),
            source,
        })?;
        Self::from_image(&Zeroizing::new(image))
    }
}

/// A part with its length before it, and what follows.
fn part(bytes: &[u8]) -> Result<(&[u8], &[u8]), ImageError> {
    let short = ImageError::Damaged("it is cut short");
    let Some((length, rest)) = bytes.split_first_chunk::<4>() else {
        return Err(short);
    };
    usize::try_from(u32::from_be_bytes(*length))
        .ok()
        .and_then(|length| rest.split_at_checked(length))
        .ok_or(short)
}

/// What the name of a file that is being written has behind the image's; the number of the process follows.
const UNFINISHED: &str = ".new-";
/// How old such a file is that nobody writes any more: writing takes milliseconds.
const ABANDONED: Duration = Duration::from_secs(60);

/// Removes what processes have left that were killed while they wrote: a card's keys are in it. What cannot be removed
/// does no harm to the image.
fn remove_unfinished(folder: &Path, prefix: &OsStr) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let number = name
            .as_encoded_bytes()
            .strip_prefix(prefix.as_encoded_bytes());
        let is_one = number
            .is_some_and(|digits| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit));
        let age = entry
            .metadata()
            .and_then(|metadata| metadata.modified())
            .ok()
            .and_then(|modified| modified.elapsed().ok());
        if is_one && age.is_some_and(|age| age > ABANDONED) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidFilename))?;
    let mut temporary = name.to_owned();
    temporary.push(UNFINISHED);
    remove_unfinished(folder, &temporary);
    temporary.push(std::process::id().to_string());
    let temporary = folder.join(temporary);
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options
        .open(&temporary)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // The error that matters is the first one.
        let _ = fs::remove_file(&temporary);
    }
    written?;
    // The new name is durable once its folder is.
    #[cfg(unix)]
    fs::File::open(folder)?.sync_all()?;
    Ok(())
}
