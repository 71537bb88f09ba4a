//! Calls: which method they reach, and in which context it runs (JCRE 3.0.5 §6.2).

use super::{NO_TARGET, Vm, no_body, truncate};
use crate::api::sensitive_result::SensitiveResult;
use crate::registry::{ApplicationId, ApplicationKind};
use crate::runtime::MULTI_SELECTABLE;
use crate::vm::heap::{Context, Kind, Object, RUNTIME_CONTEXT, flag};
use crate::vm::op::Register;
use crate::vm::program::{Body, ClassId, Method, NO_METHOD, Native, Program};
use crate::vm::trap::Trap;

impl<'a> Vm<'a> {
    pub(in crate::vm) fn invoke_virtual(&mut self, base: Register, token: u8) -> Result<(), Trap> {
        let this = self.reference(base);
        let object = self.heap.live(this)?;
        let (method, context, owner) = self.virtual_target(&object, token)?;
        self.invoke(base, method, context, owner)
    }

    /// The method that a virtual call reaches on an object, and the context and application in
    /// which it runs.
    #[inline]
    pub(in crate::vm) fn virtual_target(
        &self,
        object: &Object,
        token: u8,
    ) -> Result<(u32, Context, u8), Trap> {
        let class = if object.kind == Kind::Instance {
            object.class
        } else {
            // Arrays inherit the methods of Object.
            self.session.objects.object_class
        };
        let method = self
            .program
            .virtual_method(class, token)
            .filter(|method| *method != NO_METHOD)
            .ok_or(Trap::BadCode("a virtual method that the object has not"))?;
        if object.context == self.context || self.context == RUNTIME_CONTEXT {
            return Ok((method, object.context, object.owner));
        }
        if object.flags & (flag::ENTRY_POINT | flag::GLOBAL_ARRAY) == 0 {
            return Err(Trap::SECURITY);
        }
        Ok((method, self.context, self.owner))
    }

    pub(in crate::vm) fn invoke_interface(
        &mut self,
        base: Register,
        token: u8,
        interface: ClassId,
    ) -> Result<(), Trap> {
        let this = self.reference(base);
        let object = self.heap.live(this)?;
        let (method, context, owner) = self.interface_target(&object, interface, token)?;
        self.invoke(base, method, context, owner)
    }

    /// As [`Self::virtual_target`], for an interface call.
    pub(in crate::vm) fn interface_target(
        &self,
        object: &Object,
        interface: ClassId,
        token: u8,
    ) -> Result<(u32, Context, u8), Trap> {
        let method = self
            .program
            .interface_method(object.class, interface, token)
            .filter(|method| object.kind == Kind::Instance && *method != NO_METHOD)
            .ok_or(Trap::BadCode("an interface that the object has not"))?;
        if object.context != self.context
            && self.context != RUNTIME_CONTEXT
            && object.flags & flag::ENTRY_POINT == 0
        {
            // Only methods of shareable interfaces may be called across the firewall
            // (JCRE 3.0.5 §6.2.8.5).
            let shareable = self
                .program
                .class(interface)
                .is_some_and(|interface| interface.is_shareable)
                && self
                    .program
                    .class(object.class)
                    .is_some_and(|class| class.is_shareable);
            if !shareable {
                return Err(Trap::SECURITY);
            }
        }
        if object.flags & flag::ENTRY_POINT != 0 {
            return Ok((method, self.context, self.owner));
        }
        if object.context != self.context {
            self.check_server(object.context, object.owner)?;
        }
        Ok((method, object.context, object.owner))
    }

    /// An applet that is active on another channel and not multiselectable serves nobody but applets of its own context
    /// (JCRE 3.0.5 §6.2.7.2, §6.2.8.5).
    ///
    /// # Errors
    /// [`Trap::SECURITY`]
    pub(crate) fn check_server(&self, context: Context, owner: u8) -> Result<(), Trap> {
        let channels = &self.session.channels;
        let is_elsewhere = |(channel, active): (u8, ApplicationId)| {
            channel != channels.current() && active.0 == owner
        };
        if self.selected_context == Some(context) || !channels.active().any(is_elsewhere) {
            return Ok(());
        }
        let application = self.registry.application(ApplicationId(owner));
        match application.map(|application| application.kind) {
            Some(ApplicationKind::Applet { instance, .. }) => {
                let interface = self.program.class_named(MULTI_SELECTABLE);
                if self.is_instance(instance, interface) {
                    Ok(())
                } else {
                    Err(Trap::SECURITY)
                }
            }
            _ => Ok(()),
        }
    }

    /// Calls a method: bytecode runs in `context` (JCRE 3.0.5 §6.2.3). A native method of an API
    /// class runs in the caller's, on whose arrays it works.
    #[inline]
    pub(in crate::vm) fn invoke(
        &mut self,
        base: Register,
        method: u32,
        context: Context,
        owner: u8,
    ) -> Result<(), Trap> {
        let program: &'a Program = self.program;
        let target = program.method(method).ok_or(NO_TARGET)?;
        match target.body {
            Body::Code(entry) => {
                // Within one context the application that runs stays the same.
                let owner = if context == self.context {
                    self.owner
                } else {
                    owner
                };
                self.enter_frame(base.into(), entry, target, context, owner)
            }
            Body::Native(native) => self.invoke_native(base, native, target),
            Body::None => Err(no_body(program, target)),
        }
    }

    pub(in crate::vm) fn invoke_native(
        &mut self,
        base: Register,
        native: Native,
        target: &Method,
    ) -> Result<(), Trap> {
        let start = self.absolute(base.into());
        let mut arguments = [0; 16];
        let count = usize::from(target.arguments).min(arguments.len());
        if let (Some(to), Some(from)) = (
            arguments.get_mut(..count),
            self.stack.words.get(start..start + count),
        ) {
            to.copy_from_slice(from);
        }
        // A native counts as one more bytecode, so that a loop of calls cannot outrun the budget.
        self.meter.executed += 1;
        let result = self.run_native(native, target, arguments.get(..count).unwrap_or(&[]))?;
        let [high, low] = [result >> 16, result].map(truncate);
        match target.results {
            Some(0) => {}
            Some(2) => {
                self.set(base, high);
                self.set(base.wrapping_add(1), low);
            }
            _ => self.set(base, low),
        }
        Ok(())
    }

    /// Runs a method of the API.
    pub(in crate::vm) fn run_native(
        &mut self,
        native: Native,
        target: &Method,
        arguments: &[i16],
    ) -> Result<i32, Trap> {
        let result = native(self, arguments);
        self.settle()?;
        if target.is_sensitive {
            let name = target.name.as_deref().unwrap_or("");
            let known = result.as_ref().ok();
            self.session.sensitive_result = known.map(|value| SensitiveResult::of(name, *value));
        }
        result
    }
}
