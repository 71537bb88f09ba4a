//! What others may use of the package: the Export component and the export file. A package that exports
//! nothing has no Export component, and an export file with nothing but its name, AID and version.

use super::Layout;
use super::target::Target;
use crate::codegen::BackendError;
use crate::ir::Program;
use cap_file::api::{ApiClass, MethodKind};
use cap_file::component::export::{ClassExport, Export};
use cap_file::component::{ClassRef, CodeOffset, Version};
use cap_file::export_file::ExportFile;

/// The component; `offsets` are those of the functions in the Method component.
pub(super) fn component(
    program: &Program,
    layout: &Layout<'_>,
    offsets: &[CodeOffset],
    extended: bool,
) -> Option<Export> {
    let class = |class: &ApiClass| {
        let Some(ClassRef::Internal(class_offset)) = layout.imports.class_ref(&class.name) else {
            return ClassExport::default();
        };
        ClassExport {
            class_offset,
            static_field_offsets: Vec::new(),
            static_method_offsets: static_methods(program, class, offsets),
        }
    };
    let mut classes: Vec<&ApiClass> = program.exports.iter().collect();
    classes.sort_by_key(|class| class.token);
    (!classes.is_empty()).then(|| Export {
        package_class_counts: if extended {
            // At most 255 classes have a token.
            vec![u8::try_from(classes.len()).unwrap_or(u8::MAX)]
        } else {
            Vec::new()
        },
        classes: classes.into_iter().map(class).collect(),
    })
}

/// The offsets of a class's static methods by token.
fn static_methods(program: &Program, class: &ApiClass, offsets: &[CodeOffset]) -> Vec<CodeOffset> {
    let mut methods: Vec<_> = class
        .methods
        .iter()
        .filter(|method| method.kind == MethodKind::Static)
        .collect();
    methods.sort_by_key(|method| method.token);
    let offset = |name: &str| {
        let is_it = |function: &&crate::ir::Function| {
            function.entry.as_ref().is_some_and(|entry| {
                entry.name == name
                    && entry
                        .class
                        .is_some_and(|id| program.exported_name(id) == class.name)
            })
        };
        let index = program
            .functions
            .iter()
            .position(|function| is_it(&function));
        index
            .and_then(|index| offsets.get(index))
            .copied()
            .unwrap_or_default()
    };
    methods
        .into_iter()
        .map(|method| offset(&method.name))
        .collect()
}

/// The export file: of format 2.3 for cards that read it, of 2.1 for those before.
pub(super) fn file(
    program: &Program,
    layout: &Layout<'_>,
    target: &Target,
) -> Result<ExportFile, BackendError> {
    let (major, minor) = program.version;
    let version = Version::new(major, minor);
    let file = ExportFile::from_api(&program.exported(), version, program.is_library());
    let file = if target.reads_format_2_3() {
        let named = layout.imports.named_by(&program.exports);
        file.and_then(|file| file.into_format_2_3(&named))
    } else {
        file
    };
    file.ok_or_else(|| BackendError::TooLarge {
        place: program.name.clone(),
        what: "the number of names in the export file",
        value: program.exports.len(),
        limit: 0xffff,
    })
}
