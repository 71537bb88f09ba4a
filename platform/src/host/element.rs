use super::apdu::HostApdu;
use super::context::{Active, ContextId, Contexts};
use super::journal::Event;
use super::share::{Proxied, Server, Serving};
use super::{Host, HostConfig, PowerLoss};
use crate::{Applet, Result, Serve, StatusWord};
use apdu_spec::{Command, Lengths};
use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;
use std::vec::Vec;

/// SELECT by name (ISO 7816-4 §7.1.1).
const SELECT: u8 = 0xA4;
const BY_NAME: u8 = 0x04;

/// A secure element with any number of applets, each an instance under the AID of its class, and no card manager:
/// before one is selected it answers 6985 to all but SELECT.
pub struct HostElement {
    host: Host,
    selected: Option<Rc<Slot>>,
}

/// An installed applet.
pub(super) struct Slot {
    pub(super) aid: Vec<u8>,
    pub(super) context: ContextId,
    pub(super) contexts: Rc<Contexts>,
    /// What others may call of it.
    pub(super) server: RefCell<Option<Rc<dyn Server>>>,
    applet: Rc<RefCell<dyn Runs>>,
}

/// An applet of any kind.
trait Runs {
    fn process(&mut self, host: &mut Host, apdu: &mut HostApdu) -> Result;
    fn deselect(&mut self, host: &mut Host);
}

impl<A: Applet<Host>> Runs for A {
    fn process(&mut self, host: &mut Host, apdu: &mut HostApdu) -> Result {
        Applet::process(self, host, apdu)
    }

    fn deselect(&mut self, host: &mut Host) {
        Applet::deselect(self, host);
    }
}

impl Slot {
    /// The applet as the runtime environment calls it.
    fn active(&self) -> Active {
        Active {
            context: Some(self.context),
            applet: self.aid.clone(),
            caller: None,
        }
    }
}

impl HostElement {
    /// A secure element without applets.
    #[must_use]
    pub fn new(config: &HostConfig) -> Self {
        Self {
            host: Host::new(config),
            selected: None,
        }
    }

    /// Installs an applet under the AID of its class.
    ///
    /// # Errors
    /// The status word with which the applet refuses the parameters.
    ///
    /// # Panics
    /// If an applet is installed under this AID already.
    pub fn install<A: Applet<Host>>(&mut self, parameters: &[u8]) -> Result {
        self.put::<A>(parameters).map(drop)
    }

    /// Installs an applet that the others may call.
    ///
    /// # Errors
    /// As [`HostElement::install`].
    ///
    /// # Panics
    /// As [`HostElement::install`].
    pub fn install_server<A: Serve<Host>>(&mut self, parameters: &[u8]) -> Result
    where
        A::Interface: Proxied<Host>,
    {
        let applet = self.put::<A>(parameters)?;
        if let Some(slot) = self.host.applets.borrow().last() {
            slot.server.replace(Some(Rc::new(Serving(applet))));
        }
        Ok(())
    }

    pub(super) fn put<A: Applet<Host>>(&mut self, parameters: &[u8]) -> Result<Rc<RefCell<A>>> {
        let host = &mut self.host;
        let is_there = |slot: &Rc<Slot>| slot.aid == A::AID;
        assert!(
            !host.applets.borrow().iter().any(is_there),
            "an applet is installed under this AID already"
        );
        let contexts = Rc::clone(&host.contexts);
        let context = contexts.of(A::PACKAGE.aid);
        contexts.set_active(Active {
            context: Some(context),
            applet: A::AID.to_vec(),
            caller: None,
        });
        contexts.set_installing(true);
        let applet = A::install(host, parameters);
        contexts.set_installing(false);
        contexts.set_active(Active::default());
        let applet = Rc::new(RefCell::new(applet?));
        host.applets.borrow_mut().push(Rc::new(Slot {
            aid: A::AID.to_vec(),
            context,
            contexts,
            server: RefCell::new(None),
            applet: Rc::<RefCell<A>>::clone(&applet),
        }));
        Ok(applet)
    }

    /// Selects an applet by its whole AID, without asking for a response.
    pub fn select(&mut self, aid: &[u8]) -> Vec<u8> {
        let mut bytes = [0; 32];
        let command = Command::new(0x00, SELECT, BY_NAME, 0x0C).with_data(aid);
        match command.encode(&mut bytes) {
            Ok(command) => self.transmit(command),
            Err(_) => answer(Err(StatusWord::WRONG_LENGTH), &[]),
        }
    }

    /// Answers a command: response data and status word. Bytes that are no command, and extended
    /// lengths, are answered with 6700, logical channels with 6881.
    ///
    /// # Panics
    /// Where the applet does what a Java Card would answer with 6F00.
    pub fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        match self.attempt(command, None) {
            Ok(response) => response,
            // Power lasts where nobody takes it away.
            Err(PowerLoss) => unreachable!("power failed by itself"),
        }
    }

    /// Answers a command, or loses power at the write to persistent memory after `writes` of them.
    ///
    /// # Errors
    /// [`PowerLoss`] where the command writes more often than `writes` times.
    ///
    /// # Panics
    /// As [`HostElement::transmit`].
    pub fn transmit_torn(
        &mut self,
        command: &[u8],
        writes: usize,
    ) -> core::result::Result<Vec<u8>, PowerLoss> {
        self.attempt(command, Some(writes))
    }

    /// Resets the card: transient memory, verified PINs and the secure channel are gone, and so is
    /// the selection.
    pub fn reset(&mut self) {
        self.host.journal.raise(Event::Reset);
        self.host.channel.borrow_mut().close();
        self.choose(None);
    }

    fn attempt(
        &mut self,
        command: &[u8],
        writes: Option<usize>,
    ) -> core::result::Result<Vec<u8>, PowerLoss> {
        self.host.journal.tear_after(writes);
        // Power loss leaves the applet by unwinding; every write is whole or undone, and the reset
        // clears the rest. Any other panic goes on.
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| self.dispatch(command)));
        self.host.journal.tear_after(None);
        match outcome {
            Ok(response) => Ok(response),
            Err(cause) if cause.is::<PowerLoss>() => {
                self.host.journal.abort();
                self.reset();
                Err(PowerLoss)
            }
            Err(cause) => panic::resume_unwind(cause),
        }
    }

    fn dispatch(&mut self, bytes: &[u8]) -> Vec<u8> {
        let command = match Command::parse(bytes) {
            Ok(command) if command.lengths == Lengths::Short => command,
            _ => return answer(Err(StatusWord::WRONG_LENGTH), &[]),
        };
        if channel_of(command.cla) != 0 {
            return answer(Err(StatusWord::LOGICAL_CHANNEL_NOT_SUPPORTED), &[]);
        }
        if names_application(&command)
            && !command.data.is_empty()
            && let Some(slot) = self.named(command.data)
        {
            self.deselect();
            self.choose(Some(slot));
            return answer(Ok(()), &[]);
        }
        let Some(slot) = self.selected.clone() else {
            let status = if names_application(&command) {
                StatusWord::FILE_NOT_FOUND
            } else {
                StatusWord::CONDITIONS_NOT_SATISFIED
            };
            return answer(Err(status), &[]);
        };
        let mut apdu = HostApdu::new(bytes, &command);
        let host = &mut self.host;
        host.contexts.set_global(apdu.global());
        host.contexts.set_active(slot.active());
        let result = slot.applet.borrow_mut().process(host, &mut apdu);
        answer(result, apdu.response())
    }

    /// The applet that these bytes, its AID or the beginning of it, name first.
    fn named(&self, name: &[u8]) -> Option<Rc<Slot>> {
        let applets = self.host.applets.borrow();
        let exact = applets.iter().find(|slot| slot.aid == name);
        exact
            .or_else(|| applets.iter().find(|slot| slot.aid.starts_with(name)))
            .cloned()
    }

    fn choose(&mut self, slot: Option<Rc<Slot>>) {
        if let Some(slot) = &slot {
            self.host.channel.borrow_mut().belongs_to(&slot.aid);
        }
        self.host
            .contexts
            .select(slot.as_ref().map(|slot| slot.context));
        self.selected = slot;
    }

    fn deselect(&mut self) {
        if let Some(slot) = self.selected.clone() {
            let host = &mut self.host;
            host.contexts.set_active(slot.active());
            slot.applet.borrow_mut().deselect(host);
            host.journal.raise(Event::Deselect(slot.context));
            host.channel.borrow_mut().close();
        }
    }
}

/// Whether the command is a SELECT of the first or only application with a name.
fn names_application(command: &Command<'_>) -> bool {
    command.cla == 0x00 && command.ins == SELECT && command.p1 == BY_NAME && command.p2 & 0xF3 == 0
}

/// The logical channel in a class byte (ISO 7816-4 §5.1.1, GPCS 2.3.1 §11.1.4).
fn channel_of(cla: u8) -> u8 {
    if cla & 0x40 == 0 {
        cla & 0x03
    } else {
        4 + (cla & 0x0F)
    }
}

/// A response; data only where the command was carried out.
fn answer(result: Result, data: &[u8]) -> Vec<u8> {
    let (data, status) = match result {
        Ok(()) => (data, StatusWord::SUCCESS),
        Err(status) => (&[][..], status),
    };
    let mut response = data.to_vec();
    response.extend(status.to_bytes());
    response
}
