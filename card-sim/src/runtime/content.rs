//! Deleting applications, load files and objects that nothing refers to.

use super::objects::class_named;
use super::{DeleteError, Runtime};
use crate::api::build::base_program;
use crate::registry::{ApplicationId, ApplicationKind, LoadFileId};
use crate::secure_channel::SecurityServices;
use crate::vm::heap::Kind;
use crate::vm::link::reference_cells;
use crate::vm::program::NO_METHOD;
use crate::vm::{Object, Word};

impl Runtime {
    /// Deletes an application: `uninstall()`, then its objects and its registry entry
    /// (JCRE 3.0.5 §11.3.4).
    ///
    /// # Errors
    /// [`DeleteError`]; the card is then as before.
    pub fn delete_application(
        &mut self,
        services: &mut dyn SecurityServices,
        id: ApplicationId,
    ) -> Result<(), DeleteError> {
        let application = self.registry.application(id).ok_or(DeleteError::Unknown)?;
        if application.kind == ApplicationKind::SecurityDomain {
            self.registry.remove_application(id);
            return Ok(());
        }
        self.check_inactive(&[id])?;
        self.check_references(&[id], None)?;
        self.uninstall(services, id);
        self.forget_application(id);
        self.collect();
        Ok(())
    }

    /// Deletes a load file and, if asked, the applications made from it.
    ///
    /// # Errors
    /// [`DeleteError`]; the card is then as before.
    pub fn delete_load_file(
        &mut self,
        services: &mut dyn SecurityServices,
        id: LoadFileId,
        with_applications: bool,
    ) -> Result<(), DeleteError> {
        let file = self.registry.load_file(id).ok_or(DeleteError::Unknown)?;
        let aid = file.aid;
        let instances: Vec<ApplicationId> = self
            .registry
            .applications()
            .filter(|(_, application)| {
                matches!(application.kind, ApplicationKind::Applet { load_file, .. } if load_file == id)
            })
            .map(|(instance, _)| instance)
            .collect();
        if let Some(first) = instances.first()
            && !with_applications
            && let Some(application) = self.registry.application(*first)
        {
            return Err(DeleteError::Referenced(application.aid));
        }
        let importer = self
            .registry
            .load_files()
            .find(|(other, file)| *other != id && file.imports.contains(&aid));
        if let Some((_, importer)) = importer {
            return Err(DeleteError::Referenced(importer.aid));
        }
        self.check_inactive(&instances)?;
        self.check_references(&instances, Some(id))?;
        for &instance in &instances {
            self.uninstall(services, instance);
            self.forget_application(instance);
        }
        self.registry.remove_load_file(id);
        if let Some(index) = self.code.iter().position(|code| code.id == id) {
            let code = self.code.remove(index);
            self.heap.release_persistent(code.bytes.len());
            self.heap.free_statics(code.statics);
        }
        // What is left linked before and links again.
        if self.relink(base_program()).is_err() {
            tracing::error!("a load file that was linked before does not link any more");
        }
        self.collect();
        Ok(())
    }

    /// Refuses to delete applications that are selected on a channel (JCRE 3.0.5 §11.3.4).
    fn check_inactive(&self, applications: &[ApplicationId]) -> Result<(), DeleteError> {
        let channels = self.channels();
        applications
            .iter()
            .find(|id| channels.is_active(**id))
            .and_then(|id| self.registry.application(*id))
            .map_or(Ok(()), |active| Err(DeleteError::Active(active.aid)))
    }

    /// Refuses to delete applications whose objects others refer to, or a package with objects
    /// of its classes elsewhere.
    fn check_references(
        &self,
        applications: &[ApplicationId],
        load_file: Option<LoadFileId>,
    ) -> Result<(), DeleteError> {
        let doomed = |object: &Object| {
            let owned =
                object.kind != Kind::Statics && applications.iter().any(|id| id.0 == object.owner);
            owned || load_file.is_some_and(|id| object.context == id.context())
        };
        for object in self.heap.objects() {
            if object.kind == Kind::Free || doomed(object) {
                continue;
            }
            for cell in reference_cells(&self.program, object).into_iter().flatten() {
                let address = object.address + 2 * u32::from(cell);
                let target = self.heap.short(address).cast_unsigned();
                let target = self.heap.object(target);
                if target.kind != Kind::Free && target.context != 0 && doomed(&target) {
                    let holder = self.registry.application(ApplicationId(object.owner));
                    let aid = holder.map(|holder| holder.aid);
                    let target = self.registry.application(ApplicationId(target.owner));
                    let aid = aid.or(target.map(|target| target.aid));
                    return Err(aid.map_or(DeleteError::Unknown, DeleteError::Referenced));
                }
            }
        }
        Ok(())
    }

    /// Calls `AppletEvent.uninstall`; what it throws is ignored.
    fn uninstall(&mut self, services: &mut dyn SecurityServices, id: ApplicationId) {
        let Some(ApplicationKind::Applet {
            load_file,
            instance,
        }) = self.registry.application(id).map(|applet| applet.kind)
        else {
            return;
        };
        let class = self.heap.object(instance).class;
        let method = class_named("javacard/framework/AppletEvent")
            .and_then(|interface| self.program.interface_method(class, interface, 0))
            .filter(|method| *method != NO_METHOD);
        let Some(method) = method else { return };
        let outcome = self.with_machine(services, |machine| {
            machine.call(
                method,
                &[Word::reference(instance)],
                load_file.context(),
                id.0,
            )
        });
        if let Err(trap) = outcome {
            self.status_of(trap);
        }
        self.heap.end_of_command();
    }

    fn forget_application(&mut self, id: ApplicationId) {
        self.registry.remove_application(id);
        let aids = &mut self.session.objects.aids;
        if let Some(index) = aids
            .iter()
            .position(|(application, _)| *application == id.0)
        {
            let (_, object) = aids.remove(index);
            self.heap.free_runtime_object(object);
        }
    }

    /// Deletes every object that no applet and no static field reaches.
    pub(super) fn collect(&mut self) {
        let roots: Vec<u16> = self
            .registry
            .applications()
            .filter_map(|(_, application)| match application.kind {
                ApplicationKind::Applet { instance, .. } => Some(instance),
                ApplicationKind::SecurityDomain => None,
            })
            .collect();
        let program = &self.program;
        self.heap
            .collect(&roots, &|object| reference_cells(program, object));
        let heap = &self.heap;
        self.session
            .streams
            .retain(|(object, _)| heap.object(*object).kind != Kind::Free);
    }
}
