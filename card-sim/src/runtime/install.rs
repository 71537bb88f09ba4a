//! Making instances of modules.

use super::objects::class_named;
use super::{InstallError, InstallRequest, Runtime};
use crate::api::aid_class;
use crate::registry::{Application, ApplicationId, ApplicationKind, Privileges, life_cycle};
use crate::secure_channel::SecurityServices;
use crate::session::Installation;
use crate::vm::program::NO_CLASS;
use crate::vm::{Trap, Word};

impl Runtime {
    /// Makes an instance of a module: runs its `install` method with the parameters encoded as
    /// GPCS 2.3.1 §11.5.2.3.7 tells (instance AID, privileges, application parameters, each with
    /// its length before it).
    ///
    /// # Errors
    /// [`InstallError`]; the card is then as before.
    pub fn install(
        &mut self,
        services: &mut dyn SecurityServices,
        request: &InstallRequest<'_>,
    ) -> Result<ApplicationId, InstallError> {
        self.session.last_fault = None;
        let before = (self.heap.clone(), self.registry.clone());
        let result = self.try_install(services, request);
        self.session.installation = None;
        if result.is_err() {
            // Everything that install() did is undone, power loss included.
            let usage = self.heap.usage();
            (self.heap, self.registry) = before;
            self.heap.keep_usage(usage);
        }
        result
    }

    fn try_install(
        &mut self,
        services: &mut dyn SecurityServices,
        request: &InstallRequest<'_>,
    ) -> Result<ApplicationId, InstallError> {
        let (load_file, module) = self
            .registry
            .find_module(request.module.as_bytes())
            .ok_or(InstallError::UnknownModule(request.module))?;
        if self.registry.is_taken(request.instance.as_bytes()) {
            return Err(InstallError::Duplicate(request.instance));
        }
        let id = self
            .registry
            .free_application()
            .ok_or(InstallError::OutOfMemory("applications"))?;
        let method = self
            .program
            .package(load_file.0)
            .and_then(|package| {
                let mut installs = package.installs.iter();
                installs.find(|(offset, _)| *offset == module.install_offset)
            })
            .map(|(_, method)| *method)
            .ok_or(InstallError::UnknownModule(request.module))?;
        let parameters = encode(request)?;
        self.fill_buffer(&parameters);
        self.session.installation = Some(Installation {
            aid: request.instance,
            context: load_file.context(),
            registered: None,
        });
        let buffer = Word::reference(self.session.objects.apdu_buffer);
        // The length is a byte, negative above 127.
        let [_, length] = i16::try_from(parameters.len()).unwrap_or(0).to_be_bytes();
        let length = Word::short(length.cast_signed().into());
        let arguments = [buffer, Word::short(0), length];
        let outcome = self.with_machine(services, |machine| {
            machine.call(method, &arguments, load_file.context(), id.0)
        });
        if let Err(trap) = outcome {
            return Err(self.install_failure(trap));
        }
        self.heap.end_of_command();
        let (aid, instance) = self
            .session
            .installation
            .and_then(|installation| installation.registered)
            .ok_or(InstallError::NotRegistered)?;
        let class = class_named("javacard/framework/AID").unwrap_or(NO_CLASS);
        let aid_object = aid_class::make_entry_point(&mut self.heap, class, aid.as_bytes())
            .map_err(|trap| self.install_failure(trap))?;
        // The instance is there from this write on.
        if !self.persistent_write() {
            return Err(self.install_failure(Trap::PowerLoss));
        }
        self.session.objects.aids.push((id.0, aid_object));
        self.registry
            .add_application(Application {
                aid,
                module: request.module,
                life_cycle: if request.selectable {
                    life_cycle::SELECTABLE
                } else {
                    life_cycle::INSTALLED
                },
                privileges: request.privileges,
                security_domain: request.security_domain,
                kind: ApplicationKind::Applet {
                    load_file,
                    instance,
                },
            })
            .ok_or(InstallError::OutOfMemory("applications"))
    }

    fn install_failure(&mut self, trap: Trap) -> InstallError {
        let status = self.status_of(trap);
        let exception = self
            .session
            .last_fault
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_else(|| format!("javacard/framework/ISOException, reason {status:04X}"));
        // GPCS 2.3.1 table 11-42 knows no 6F00.
        let status = if status == super::UNKNOWN {
            0x6985
        } else {
            status
        };
        InstallError::Failed { status, exception }
    }
}

/// The array that `install` gets.
fn encode(request: &InstallRequest<'_>) -> Result<Vec<u8>, InstallError> {
    let Privileges([first, second, third]) = request.privileges;
    let privileges = [first, second, third];
    // One byte, unless a privilege of the other two is there (GPCS 2.3.1 §11.1.2).
    let privileges = if second == 0 && third == 0 {
        privileges.get(..1)
    } else {
        privileges.get(..)
    }
    .unwrap_or(&[]);
    let mut encoded = Vec::new();
    for part in [request.instance.as_bytes(), privileges, request.parameters] {
        let length = u8::try_from(part.len())
            .map_err(|_| InstallError::OutOfMemory("install parameters of more than 255 bytes"))?;
        encoded.push(length);
        encoded.extend(part);
    }
    if encoded.len() > 255 {
        return Err(InstallError::OutOfMemory(
            "install parameters of more than 255 bytes",
        ));
    }
    Ok(encoded)
}
