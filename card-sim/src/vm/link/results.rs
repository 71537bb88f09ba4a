//! How many words methods return, which the Method component does not tell.

use super::Linker;
use crate::vm::program::ClassId;
use cap_file::component::CodeOffset;

impl Linker<'_> {
    /// How many words each method returns: from the Descriptor component if it was loaded, else
    /// from the return instructions, else from methods that override it.
    pub(super) fn find_results(&mut self) {
        for (&offset, flow) in &self.flows {
            self.results.insert(offset, flow.results());
        }
        let Some(descriptor) = &self.cap.descriptor else {
            self.guess_abstract_results();
            self.guess_interface_results();
            return;
        };
        let mut interface_results = Vec::new();
        for class in &descriptor.classes {
            for method in &class.methods {
                let words = descriptor
                    .types
                    .at(method.type_offset)
                    .and_then(|signature| signature.types())
                    .and_then(|types| types.last().map(|result| result.words()));
                if let Some(result) = self.results.get_mut(&method.method_offset)
                    && words.is_some()
                {
                    *result = words;
                }
                if let Ok(id) = self.class_reference(class.this_class) {
                    interface_results.push((id, method.token, words));
                }
            }
        }
        for (id, token, words) in interface_results {
            self.set_interface_result(id, token, words);
        }
        self.guess_abstract_results();
        self.guess_interface_results();
    }

    pub(super) fn set_interface_result(&mut self, id: ClassId, token: u8, words: Option<u8>) {
        let [slot, index] = id.to_be_bytes();
        if slot != self.slot {
            return;
        }
        if let Some(class) = self.classes.get_mut(usize::from(index))
            && class.is_interface
        {
            let token = usize::from(token);
            if class.interface_results.len() <= token {
                class.interface_results.resize(token + 1, None);
            }
            if let Some(place) = class.interface_results.get_mut(token)
                && place.is_none()
            {
                *place = words;
            }
        }
    }

    /// Methods in one slot of a hierarchy's tables have one signature.
    pub(super) fn guess_abstract_results(&mut self) {
        let mut found = Vec::new();
        for class in &self.classes {
            let Some(parent) = class.super_class.and_then(|id| self.class_of(id)) else {
                continue;
            };
            let pairs = class.public_methods.iter().zip(&parent.public_methods);
            let package = class.package_methods.iter().zip(&parent.package_methods);
            for (own, inherited) in pairs.chain(package) {
                if let Some(inherited) = self.method_offset(*inherited) {
                    found.push((inherited, self.method_results(*own)));
                }
            }
        }
        for (inherited, words) in found {
            if let Some(place @ None) = self.results.get_mut(&inherited) {
                *place = words;
            }
        }
    }

    pub(super) fn guess_interface_results(&mut self) {
        let mut known = Vec::new();
        for class in &self.classes {
            for (interface, methods) in &class.interfaces {
                for (token, &method) in (0u8..=255).zip(methods) {
                    known.push((*interface, token, self.method_results(method)));
                }
            }
        }
        for (interface, token, words) in known {
            self.set_interface_result(interface, token, words);
        }
    }

    /// The offset of a method of this package.
    pub(super) fn method_offset(&self, index: u32) -> Option<CodeOffset> {
        let place = usize::try_from(index.checked_sub(self.first_method)?).ok()?;
        self.method_offsets.get(place).copied()
    }

    pub(super) fn method_results(&self, index: u32) -> Option<u8> {
        if index < self.first_method {
            return self.program.method(index)?.results;
        }
        self.results
            .get(&self.method_offset(index)?)
            .copied()
            .flatten()
    }

    pub(super) fn method_arguments(&self, index: u32) -> Option<u8> {
        if index < self.first_method {
            return Some(self.program.method(index)?.arguments);
        }
        Some(self.flows.get(&self.method_offset(index)?)?.header.nargs)
    }
}
