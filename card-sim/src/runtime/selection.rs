//! Selecting applets on logical channels (JCRE 3.0.5 §4).
//!
//! Everything here is about the channel of the command, [`Channels::current`](crate::channels::Channels::current).

use super::objects::{MULTI_SELECTABLE, class_named};
use super::{Runtime, SELECT_FAILED};
use crate::registry::{ApplicationId, ApplicationKind, LoadFileId};
use crate::secure_channel::{SecurityServices, StatusWord};
use crate::vm::program::NO_METHOD;
use crate::vm::{Trap, Word};

/// Conditions of use not satisfied.
const CONDITIONS: StatusWord = 0x6985;

impl Runtime {
    /// A command came on this channel.
    pub fn enter_channel(&mut self, channel: u8) {
        self.session.channels.enter(channel);
    }

    /// Opens a channel, with nothing selected on it.
    pub fn open_channel(&mut self, channel: u8) {
        self.session.channels.open(channel);
    }

    /// Deselects what is selected on the channel of the command, and closes it.
    pub fn close_channel(&mut self, services: &mut dyn SecurityServices) {
        self.deselect(services);
        let channel = self.session.channels.current();
        self.session.channels.close(channel);
    }

    /// Calls a virtual method of an applet.
    pub(super) fn call_applet(
        &mut self,
        services: &mut dyn SecurityServices,
        id: ApplicationId,
        token: u8,
        argument: Option<u16>,
    ) -> Result<i32, Trap> {
        let (_, instance) = self.applet(id).ok_or(NO_APPLET)?;
        let class = self.heap.object(instance).class;
        let method = self.program.virtual_method(class, token);
        self.call_method(services, id, method, argument.map(Word::reference))
    }

    fn call_method(
        &mut self,
        services: &mut dyn SecurityServices,
        id: ApplicationId,
        method: Option<u32>,
        argument: Option<Word>,
    ) -> Result<i32, Trap> {
        let (load_file, instance) = self.applet(id).ok_or(NO_APPLET)?;
        let method = method
            .filter(|method| *method != NO_METHOD)
            .ok_or(Trap::BadCode("an applet without this method"))?;
        let arguments = [
            Word::reference(instance),
            argument.unwrap_or(Word::reference(0)),
        ];
        let count = 1 + usize::from(argument.is_some());
        // No result of another entry is left (`SensitiveResult`).
        self.session.sensitive_result = None;
        self.with_machine(services, |machine| {
            machine.call(
                method,
                arguments.get(..count).unwrap_or(&arguments),
                load_file.context(),
                id.0,
            )
        })
    }

    /// The load file and the instance of an application that is an applet.
    fn applet(&self, id: ApplicationId) -> Option<(LoadFileId, u16)> {
        match self.registry.application(id)?.kind {
            ApplicationKind::Applet {
                load_file,
                instance,
            } => Some((load_file, instance)),
            ApplicationKind::SecurityDomain => None,
        }
    }

    /// The applets of a load file that are selected on channels other than that of the command.
    fn active_elsewhere(&self, load_file: LoadFileId) -> impl Iterator<Item = ApplicationId> + '_ {
        let channels = &self.session.channels;
        channels
            .active()
            .filter(move |(channel, active)| {
                *channel != channels.current()
                    && self
                        .applet(*active)
                        .is_some_and(|(file, _)| file == load_file)
            })
            .map(|(_, active)| active)
    }

    fn is_multiselectable(&self, id: ApplicationId) -> bool {
        let interface = class_named(MULTI_SELECTABLE);
        self.applet(id)
            .zip(interface)
            .is_some_and(|((_, instance), interface)| {
                let class = self.heap.object(instance).class;
                self.program.is_instance(class, interface)
            })
    }

    /// Whether an application may become active on the channel of the command: applets of one load file are active
    /// on several channels only if all of them are multiselectable (JCRE 3.0.5 §4.2).
    #[must_use]
    pub fn may_activate(&self, id: ApplicationId) -> bool {
        self.applet(id).is_none_or(|(load_file, _)| {
            let mut others = self.active_elsewhere(load_file).peekable();
            others.peek().is_none()
                || (self.is_multiselectable(id)
                    && others.all(|other| self.is_multiselectable(other)))
        })
    }

    /// Calls `select` or `deselect`; those of `MultiSelectable` while applets of the same load file are active on other
    /// channels, with whether this very one is.
    fn call_selection(
        &mut self,
        services: &mut dyn SecurityServices,
        id: ApplicationId,
        (token, again): (u8, u8),
    ) -> Result<i32, Trap> {
        let (load_file, instance) = self.applet(id).ok_or(NO_APPLET)?;
        if self.active_elsewhere(load_file).next().is_none() {
            return self.call_applet(services, id, token, None);
        }
        let itself = self.active_elsewhere(load_file).any(|other| other == id);
        let class = self.heap.object(instance).class;
        let method = class_named(MULTI_SELECTABLE)
            .and_then(|interface| self.program.interface_method(class, interface, again));
        self.call_method(services, id, method, Some(Word::short(itself.into())))
    }

    /// Deselects what is selected on the channel of the command, if anything.
    pub fn deselect(&mut self, services: &mut dyn SecurityServices) {
        let Some(id) = self.selected() else {
            return;
        };
        if let Some((load_file, _)) = self.applet(id) {
            let tokens = self.session.objects.applet_tokens;
            let tokens = (tokens.deselect, tokens.deselect_again);
            // What deselect() throws is ignored (JCRE 3.0.5 §4.6).
            if let Err(trap) = self.call_selection(services, id, tokens) {
                self.status_of(trap);
            }
            if self.torn {
                return;
            }
            self.heap.end_of_command();
            // They belong to all applets of the load file together (JCRE 3.0.5 §5.2).
            if self.active_elsewhere(load_file).next().is_none() {
                self.heap.clear_on_deselect(load_file.context());
            }
        }
        self.session.channels.select(None);
    }

    /// Makes an application the selected one of the channel: `deselect()` of the one before, then its `select()`.
    ///
    /// # Errors
    /// The status word to answer: 6985 if it may not be active on this channel, and then the one before still is; 6999
    /// if it is not there or does not want to be selected, and then nothing is. Without meaning where power was cut.
    pub fn activate(
        &mut self,
        services: &mut dyn SecurityServices,
        id: ApplicationId,
    ) -> Result<(), StatusWord> {
        if self.registry.application(id).is_none() {
            return Err(SELECT_FAILED);
        }
        if !self.may_activate(id) {
            return Err(CONDITIONS);
        }
        self.session.reselecting = self.selected() == Some(id);
        self.deselect(services);
        if self.torn {
            return Err(SELECT_FAILED);
        }
        self.session.channels.select(Some(id));
        if self.applet(id).is_none() {
            return Ok(());
        }
        self.session.selecting = true;
        let tokens = self.session.objects.applet_tokens;
        let tokens = (tokens.select, tokens.select_again);
        let accepted = match self.call_selection(services, id, tokens) {
            Ok(accepted) => accepted != 0,
            Err(trap) => {
                self.status_of(trap);
                false
            }
        };
        self.session.selecting = false;
        self.heap.end_of_command();
        if accepted && !self.torn {
            return Ok(());
        }
        self.session.reselecting = false;
        self.session.channels.select(None);
        Err(SELECT_FAILED)
    }

    /// Gives the SELECT command to the applet that it made the selected one: [`Runtime::process`], while
    /// `Applet.selectingApplet()` is true.
    pub fn process_select(
        &mut self,
        services: &mut dyn SecurityServices,
        command: &[u8],
    ) -> Vec<u8> {
        self.session.selecting = true;
        let response = self.process(services, command);
        self.session.selecting = false;
        self.session.reselecting = false;
        response
    }
}

const NO_APPLET: Trap = Trap::BadCode("a call of no applet");
