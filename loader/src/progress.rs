/// What is being done, for whoever draws it. The loader never draws.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A phase begins.
    Phase {
        /// Which.
        phase: Phase,
        /// What it is about, usually an AID in hexadecimal.
        subject: String,
    },
    /// A block of the load file was taken by the card.
    Block {
        /// How many blocks were taken.
        block: usize,
        /// How many there are.
        blocks: usize,
        /// How many bytes were taken.
        bytes: usize,
        /// How many there are.
        total: usize,
    },
    /// The phase has ended well.
    Done {
        /// Which.
        phase: Phase,
    },
}

/// A step of content management.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// DELETE.
    Delete,
    /// INSTALL \[for load\].
    InstallForLoad,
    /// The LOAD commands.
    Load,
    /// INSTALL \[for install and make selectable\].
    Install,
}

/// Who wants to know.
pub type Progress<'a> = &'a mut dyn FnMut(Event);
