//! The Java Card API as the bindings see it.

use cap_file::api::{Api, ApiMethod, MethodKind};
use cap_file::component::Version;

use super::ty::{Int, Ty};
use crate::ir;

/// A method of the API, found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JavaMethod {
    pub(crate) method: ir::ApiMethod,
    /// The receiver's class, where it has a receiver.
    pub(crate) receiver: Option<Ty>,
    pub(crate) parameters: Vec<Ty>,
    pub(crate) result: Ty,
}

/// Whether the API has this class or interface.
pub(crate) fn has_class(name: &str) -> bool {
    Api::builtin().find_class(name).is_some()
}

/// The method `name` of `class` with `arguments` arguments; constructors are `<init>`. Of several with
/// as many arguments the one that fits `types` counts.
pub(crate) fn method(class: &str, name: &str, types: &[Ty]) -> Option<JavaMethod> {
    let (_, found) = Api::builtin().find_class(class)?;
    found
        .methods_named(name)
        .filter_map(|method| java_method(class, method))
        .find(|method| {
            method.parameters.len() == types.len()
                && method.parameters.iter().zip(types).all(|(p, t)| fits(p, t))
        })
}

/// A compile-time constant of a class.
pub(crate) fn constant(class: &str, name: &str) -> Option<(Ty, i64)> {
    let (_, found) = Api::builtin().find_class(class)?;
    let constant = found.constant(name)?;
    Some((ty(&constant.descriptor)?, i64::from(constant.value)))
}

/// The package of a constant, and the first version that has it, where the first known one does not.
pub(crate) fn newer_constant(class: &str, name: &str) -> Option<(&'static str, Version)> {
    let (package, found) = Api::builtin().find_class(class)?;
    let since = found.constant(name)?.since;
    let is_newer = package.versions.first().is_some_and(|first| since > *first);
    is_newer.then_some((package.name.as_str(), since))
}

fn fits(parameter: &Ty, argument: &Ty) -> bool {
    match (parameter, argument) {
        (Ty::Int(_), Ty::Int(_) | Ty::IntVar(_)) | (Ty::Api(_), Ty::Api(_)) => true,
        (a, b) => a == b,
    }
}

fn java_method(class: &str, method: &ApiMethod) -> Option<JavaMethod> {
    let (parameters, result) = method.descriptor.strip_prefix('(')?.split_once(')')?;
    let receiver = match method.kind {
        MethodKind::Static | MethodKind::Constructor => None,
        MethodKind::Virtual | MethodKind::Interface => Some(Ty::Api(class.to_owned())),
    };
    let result = if method.kind == MethodKind::Constructor {
        Ty::Api(class.to_owned())
    } else {
        ty(result)?
    };
    Some(JavaMethod {
        method: ir::ApiMethod {
            class: class.to_owned(),
            name: method.name.clone(),
            descriptor: method.descriptor.clone(),
        },
        receiver,
        parameters: split(parameters)?,
        result,
    })
}

fn split(mut descriptors: &str) -> Option<Vec<Ty>> {
    let mut found = Vec::new();
    while !descriptors.is_empty() {
        let array = descriptors.len() - descriptors.trim_start_matches('[').len();
        let end = if descriptors[array..].starts_with('L') {
            descriptors.find(';')? + 1
        } else {
            array + 1
        };
        found.push(ty(&descriptors[..end])?);
        descriptors = &descriptors[end..];
    }
    Some(found)
}

fn ty(descriptor: &str) -> Option<Ty> {
    Some(match descriptor {
        "V" => Ty::Unit,
        "Z" => Ty::Bool,
        "B" => Ty::Int(Int::I8),
        "S" => Ty::Int(Int::I16),
        "[B" => Ty::Bytes,
        "[S" => Ty::Shorts,
        _ => Ty::Api(descriptor.strip_prefix('L')?.strip_suffix(';')?.to_owned()),
    })
}
