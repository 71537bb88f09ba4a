//! The Debug component (JCVM 3.0.5 §6.15): names and source lines for other tools than ours.
//!
//! Names are those of the Java listing. A class has one source file, so that only what comes from the file of most of its code has
//! lines; the source map, of which they are drawn, has all. Of local variables nothing is told: their places are shared.

use super::classes::{SHAREABLE, exported_interfaces, interfaces};
use super::descriptor::{class_token, method_flags};
use super::map::{MappedMethod, SourceMap};
use super::{Assembled, Layout, Target};
use crate::codegen::BackendError;
use crate::codegen::linkage::Methods;
use crate::ir::{ClassId, Element, Function, FunctionId, Program, Type};
use crate::java::Names;
use cap_file::api::ApiClass;
use cap_file::component::ClassRef;
use cap_file::component::class::ClassInfo;
use cap_file::component::debug::{
    ClassDebug, Debug, FieldDebug, LineDebug, MethodDebug, PackageDebug,
};
use cap_file::export_file::{ACC_SHAREABLE, access};
use std::collections::{BTreeMap, HashMap};

/// Makes the component.
///
/// # Errors
/// If it has no room for all names.
pub(super) fn component(
    program: &Program,
    methods: &Methods,
    layout: &Layout<'_>,
    assembled: &[Assembled],
    map: &SourceMap,
    target: &Target,
) -> Result<Debug, BackendError> {
    let made = make(program, methods, layout, assembled, map, target.extended);
    made.ok_or_else(|| BackendError::TooLarge {
        place: program.name.clone(),
        what: "the number of names in the Debug component",
        value: program.functions.len(),
        limit: 0xffff,
    })
}

fn make(
    program: &Program,
    methods: &Methods,
    layout: &Layout<'_>,
    assembled: &[Assembled],
    map: &SourceMap,
    extended: bool,
) -> Option<Debug> {
    let all: Vec<(&Assembled, &MappedMethod)> = assembled.iter().zip(&map.methods).collect();
    let mut builder = Builder {
        program,
        methods,
        names: Names::of(program, methods),
        layout,
        strings: Strings::default(),
        file: name_of(most_of(&all), map).unwrap_or("lib.rs"),
    };
    let name = builder.strings.index(&program.name)?;
    let mut classes = Vec::new();
    for interface in exported_interfaces(program) {
        classes.push(builder.interface(interface)?);
    }
    for class in (0..layout.class.classes.len()).map(ClassId) {
        classes.push(builder.class(class, assembled, map)?);
    }
    let packages = PackageDebug {
        name,
        class_count: u16::try_from(classes.len()).ok()?,
    };
    Some(Debug {
        strings: builder.strings.list,
        package_name: if extended { 0 } else { name },
        classes,
        packages: if extended { vec![packages] } else { Vec::new() },
    })
}

/// Each string once.
#[derive(Default)]
struct Strings {
    list: Vec<Vec<u8>>,
    known: HashMap<String, u16>,
}

impl Strings {
    fn index(&mut self, text: &str) -> Option<u16> {
        if let Some(known) = self.known.get(text) {
            return Some(*known);
        }
        let index = u16::try_from(self.list.len())
            .ok()
            .filter(|index| *index < u16::MAX)?;
        self.list.push(text.as_bytes().to_vec());
        self.known.insert(text.to_owned(), index);
        Some(index)
    }
}

struct Builder<'a> {
    program: &'a Program,
    methods: &'a Methods,
    names: Names,
    layout: &'a Layout<'a>,
    strings: Strings,
    /// The source file of classes without lines.
    file: &'a str,
}

impl Builder<'_> {
    fn interface(&mut self, interface: &ApiClass) -> Option<ClassDebug> {
        let location = self.layout.imports.class_ref(&interface.name);
        let mut methods = Vec::new();
        for method in &interface.methods {
            methods.push(MethodDebug {
                name: self.strings.index(&method.name)?,
                descriptor: self.strings.index(&method.descriptor)?,
                access_flags: access::PUBLIC | access::ABSTRACT,
                ..MethodDebug::default()
            });
        }
        Some(ClassDebug {
            name: self.strings.index(&interface.name)?,
            access_flags: access::PUBLIC | access::INTERFACE | access::ABSTRACT | ACC_SHAREABLE,
            location: location.unwrap_or(ClassRef::Internal(0)).to_u16(),
            superclass_name: self.strings.index("java/lang/Object")?,
            source_file: self.strings.index(self.file)?,
            interfaces: vec![self.strings.index(SHAREABLE)?],
            fields: Vec::new(),
            methods,
        })
    }

    fn class(
        &mut self,
        id: ClassId,
        assembled: &[Assembled],
        map: &SourceMap,
    ) -> Option<ClassDebug> {
        let program = self.program;
        let class = program.classes.get(id.0)?;
        let own: Vec<(&Assembled, &MappedMethod)> = assembled
            .iter()
            .zip(&map.methods)
            .filter(|(method, _)| method.class == id)
            .collect();
        let file = most_of(&own);
        let source_file = name_of(file, map).unwrap_or(self.file);
        let entry = self.layout.class.classes.get(id.0);
        let shareable = entry.is_some_and(|class| class.flags & ClassInfo::ACC_SHAREABLE != 0);
        let mut methods = Vec::new();
        for (method, mapped) in own {
            methods.push(self.method(method, mapped, file)?);
        }
        Some(ClassDebug {
            name: self.strings.index(&self.class_name(id))?,
            access_flags: [
                (class_token(program, id).is_some(), access::PUBLIC),
                (shareable, ACC_SHAREABLE),
            ]
            .iter()
            .filter_map(|(set, flag)| set.then_some(*flag))
            .sum(),
            location: self.layout.classes.get(id.0)?.to_u16(),
            superclass_name: self
                .strings
                .index(class.superclass.as_deref().unwrap_or("java/lang/Object"))?,
            source_file: self.strings.index(source_file)?,
            interfaces: interfaces(program, id)
                .map(|name| self.strings.index(name))
                .collect::<Option<_>>()?,
            fields: self.fields(id)?,
            methods,
        })
    }

    fn fields(&mut self, id: ClassId) -> Option<Vec<FieldDebug>> {
        let class = self.program.classes.get(id.0)?;
        let tokens = self.layout.field_tokens.get(id.0)?;
        let mut fields = Vec::new();
        for (index, (field, token)) in class.fields.iter().zip(tokens).enumerate() {
            let descriptor = match &field.ty {
                Type::U8 | Type::I8 => "B".to_owned(),
                other => self.descriptor(other),
            };
            let name = self.names.field(id, index).to_owned();
            fields.push(FieldDebug {
                name: self.strings.index(&name)?,
                descriptor: self.strings.index(&descriptor)?,
                access_flags: 0,
                contents: u32::from(*token),
            });
        }
        fields.sort_by_key(|field| field.contents);
        if self.layout.array_home != id {
            return Some(fields);
        }
        for (offset, array) in &self.layout.arrays {
            let element = self.program.arrays.get(array.0)?.element.clone();
            let descriptor = self.descriptor(&Type::Array(element));
            let name = self.names.array(array.0).to_owned();
            fields.push(FieldDebug {
                name: self.strings.index(&name)?,
                descriptor: self.strings.index(&descriptor)?,
                access_flags: access::STATIC | access::FINAL,
                contents: u32::from(*offset),
            });
        }
        Some(fields)
    }

    fn method(
        &mut self,
        method: &Assembled,
        mapped: &MappedMethod,
        file: Option<u32>,
    ) -> Option<MethodDebug> {
        let (name, descriptor, access_flags) = match method.function {
            None => ("<init>".to_owned(), "()V".to_owned(), 0),
            Some(id) => self.signature(id)?,
        };
        Some(MethodDebug {
            name: self.strings.index(&name)?,
            descriptor: self.strings.index(&descriptor)?,
            access_flags,
            location: mapped.offset,
            header_size: u8::try_from(mapped.header_size).ok()?,
            body_size: mapped.code_size,
            variables: Vec::new(),
            lines: lines(mapped, file),
        })
    }

    fn signature(&self, id: FunctionId) -> Option<(String, String, u16)> {
        let function = self.program.functions.get(id.0)?;
        let linkage = self.methods.linkage(id);
        let descriptor = match &function.entry {
            Some(entry) => entry.descriptor.clone(),
            None => self.method_descriptor(function, linkage.is_instance()),
        };
        let flags = u16::from(method_flags(linkage, function.entry.is_some()));
        Some((self.names.method(id).to_owned(), descriptor, flags))
    }

    fn method_descriptor(&self, function: &Function, is_instance: bool) -> String {
        let parameters = function.parameters.iter().skip(usize::from(is_instance));
        let parameters: String = parameters
            .map(|local| self.descriptor(function.local_type(*local)))
            .collect();
        let result = function.result.as_ref();
        let result = result.map_or_else(|| "V".to_owned(), |ty| self.descriptor(ty));
        format!("({parameters}){result}")
    }

    /// The type of a parameter, a result, or an element's array, as in a class file.
    fn descriptor(&self, ty: &Type) -> String {
        match ty {
            Type::Bool => "Z".to_owned(),
            Type::U8 | Type::I8 | Type::U16 | Type::I16 | Type::Usize => "S".to_owned(),
            Type::Int => "I".to_owned(),
            Type::Class(class) => format!("L{};", self.class_name(*class)),
            Type::Api(class) => format!("L{class};"),
            Type::Array(element) => match element {
                Element::U8 | Element::I8 => "[B".to_owned(),
                other => format!("[{}", self.descriptor(&other.value_type())),
            },
        }
    }

    fn class_name(&self, class: ClassId) -> String {
        format!("{}/{}", self.program.name, self.names.class(class))
    }
}

/// The name of a file without its folders: the reference verifier takes no path.
fn name_of(file: Option<u32>, map: &SourceMap) -> Option<&str> {
    let path = map.files.get(usize::try_from(file?).ok()?)?;
    path.rsplit('/').next()
}

/// The file that most places of these methods are in; of several the first.
fn most_of(methods: &[(&Assembled, &MappedMethod)]) -> Option<u32> {
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    for line in methods.iter().flat_map(|(_, mapped)| &mapped.lines) {
        *counts.entry(line.file).or_default() += 1;
    }
    let most = counts.values().max().copied()?;
    let mut of_most = counts.into_iter().filter(|(_, count)| *count == most);
    of_most.next().map(|(file, _)| file)
}

/// The lines of a method that are in its class's file.
fn lines(mapped: &MappedMethod, file: Option<u32>) -> Vec<LineDebug> {
    let ends = mapped.lines.iter().skip(1).map(|next| next.pc);
    let ends = ends.chain([mapped.code_size]);
    let of_file = mapped
        .lines
        .iter()
        .zip(ends)
        .filter(|(line, end)| Some(line.file) == file && line.pc < *end);
    let mut found: Vec<LineDebug> = Vec::new();
    for (line, end) in of_file {
        let Ok(source_line) = u16::try_from(line.line) else {
            continue;
        };
        match found.last_mut() {
            // Another column of the same line.
            Some(last) if last.source_line == source_line && last.end_pc + 1 == line.pc => {
                last.end_pc = end - 1;
            }
            _ => found.push(LineDebug {
                start_pc: line.pc,
                end_pc: end - 1,
                source_line,
            }),
        }
    }
    found
}
