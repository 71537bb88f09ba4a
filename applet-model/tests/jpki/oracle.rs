//! A second telling of what the application does, small enough to be read at a glance. It knows
//! nothing of the applet's source; it stands on the command tables' prose.

use apdu_spec::StatusWord;

pub const OK: StatusWord = StatusWord::SUCCESS;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Life {
    Empty,
    Keyed,
    Active,
    Suspended,
    Revoked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Which {
    Signature,
    Authentication,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Candidate {
    Right,
    Wrong,
    TooLong,
}

/// What is done, seen from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    Select,
    Reset,
    Open { sufficient: bool },
    Tamper,
    Verify(Which, Candidate),
    Change(Which, PinChoice),
    Sign(Which),
    ReadCertificate(Which),
    Manage(Which, Operation),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    PutPin(PinChoice),
    Unblock,
    ReplacePin(PinChoice),
    Generate,
    WriteCertificate,
    Activate,
    Deactivate,
    Terminate,
    Erase,
}

/// A PIN to set: one of two, or what cannot be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PinChoice {
    First,
    Second,
    Impossible,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    pub life: Life,
    pub pin: Option<PinChoice>,
    pub tries: u8,
    pub max_tries: u8,
    pub verified: bool,
    pub certificate: bool,
}

/// The whole card; `Copy`, so that both outcomes of a power loss can be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Oracle {
    pub slots: [Slot; 2],
    /// Whether a channel is open, and whether its level suffices.
    pub channel: Option<bool>,
}

impl Slot {
    const fn new(max_tries: u8) -> Self {
        Self {
            life: Life::Empty,
            pin: None,
            tries: 0,
            max_tries,
            verified: false,
            certificate: false,
        }
    }

    fn set_pin(&mut self, choice: PinChoice) -> StatusWord {
        if choice == PinChoice::Impossible {
            return StatusWord::WRONG_DATA;
        }
        self.pin = Some(choice);
        self.tries = self.max_tries;
        self.verified = false;
        OK
    }

    fn operate(&mut self, operation: Operation) -> StatusWord {
        let refused = StatusWord::CONDITIONS_NOT_SATISFIED;
        let (from, to) = match operation {
            Operation::PutPin(choice) if self.pin.is_none() => return self.set_pin(choice),
            Operation::ReplacePin(choice) if self.pin.is_some() => return self.set_pin(choice),
            Operation::Unblock if self.pin.is_some() => {
                self.tries = self.max_tries;
                self.verified = false;
                return OK;
            }
            Operation::WriteCertificate if self.life == Life::Keyed => {
                self.certificate = true;
                return OK;
            }
            Operation::Erase => {
                *self = Self::new(self.max_tries);
                return OK;
            }
            Operation::Generate => (&[Life::Empty][..], Life::Keyed),
            Operation::Activate if self.life == Life::Keyed && !self.certificate => return refused,
            Operation::Activate => (&[Life::Keyed, Life::Suspended][..], Life::Active),
            Operation::Deactivate => (&[Life::Active][..], Life::Suspended),
            Operation::Terminate => (&[Life::Active, Life::Suspended][..], Life::Revoked),
            _ => return refused,
        };
        if !from.contains(&self.life) {
            return refused;
        }
        self.life = to;
        OK
    }

    fn verify(&mut self, candidate: Candidate) -> StatusWord {
        if candidate == Candidate::TooLong {
            return StatusWord::WRONG_LENGTH;
        }
        if self.tries == 0 {
            // Also where no PIN is set. A blocked PIN cannot be verified in the first place.
            return StatusWord::REFERENCE_DATA_NOT_USABLE;
        }
        self.verified = candidate == Candidate::Right;
        self.tries = if self.verified {
            self.max_tries
        } else {
            self.tries - 1
        };
        if self.verified {
            OK
        } else {
            StatusWord::tries_left(self.tries)
        }
    }
}

impl Oracle {
    pub const fn new() -> Self {
        Self {
            slots: [Slot::new(5), Slot::new(3)],
            channel: None,
        }
    }

    pub const fn slot(&self, which: Which) -> &Slot {
        &self.slots[which as usize]
    }

    /// Does the action and tells its status word.
    pub fn apply(&mut self, action: Action) -> StatusWord {
        match action {
            Action::Select | Action::Reset => {
                self.forget();
                OK
            }
            Action::Open { sufficient } => {
                self.channel = Some(sufficient);
                OK
            }
            Action::Tamper => {
                if self.channel == Some(true) {
                    self.channel = None;
                }
                StatusWord::SECURITY_STATUS_NOT_SATISFIED
            }
            Action::Manage(which, operation) => match self.channel {
                Some(true) => self.slots[which as usize].operate(operation),
                _ => StatusWord::SECURITY_STATUS_NOT_SATISFIED,
            },
            Action::Verify(which, candidate) => self.slots[which as usize].verify(candidate),
            Action::Change(which, choice) => {
                let slot = &mut self.slots[which as usize];
                if slot.verified {
                    slot.set_pin(choice)
                } else {
                    StatusWord::SECURITY_STATUS_NOT_SATISFIED
                }
            }
            Action::Sign(which) => match self.slot(which) {
                Slot { life, .. } if *life != Life::Active => StatusWord::CONDITIONS_NOT_SATISFIED,
                Slot {
                    verified: false, ..
                } => StatusWord::SECURITY_STATUS_NOT_SATISFIED,
                _ => OK,
            },
            Action::ReadCertificate(which) => match self.slot(which) {
                Slot {
                    verified: false, ..
                } => StatusWord::SECURITY_STATUS_NOT_SATISFIED,
                Slot {
                    certificate: false, ..
                } => StatusWord::WRONG_OFFSET,
                _ => OK,
            },
        }
    }

    /// Deselection, reset, power loss.
    pub fn forget(&mut self) {
        self.channel = None;
        self.slots.iter_mut().for_each(|slot| slot.verified = false);
    }

    /// The states in which a card may be that lost power during the action.
    pub fn torn(self, action: Action) -> Vec<Self> {
        let mut after = self;
        after.apply(action);
        let mut states = vec![self, after];
        if let Action::Verify(which, Candidate::Right | Candidate::Wrong) = action {
            // The counter goes down first, whatever comes of the comparison.
            let mut counted = self;
            let tries = &mut counted.slots[which as usize].tries;
            *tries = tries.saturating_sub(1);
            states = vec![self, counted];
        }
        states.iter_mut().for_each(Self::forget);
        states.dedup();
        states
    }
}
