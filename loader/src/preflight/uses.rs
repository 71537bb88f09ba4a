//! Which items of an imported package the code of a CAP file uses, and where.

use cap_file::CapFile;
use cap_file::api::{ApiPackage, TokenSpace};
use cap_file::component::constant_pool::{Constant, StaticRef};
use cap_file::component::{ClassRef, Version};

/// An item of the API that a card does not have, and where the code refers to it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Use {
    /// Class and member: `javacard/security/KeyAgreement.getInstance`.
    pub item: String,
    /// The first version of the package that has it: `1.6`.
    pub since: String,
    /// Offsets into the info item of the Method component; a source map tells their lines.
    pub offsets: Vec<u16>,
    /// The places in the source, `src/lib.rs:12:5`, where a source map was at hand.
    pub places: Vec<String>,
}

/// The items of the import with this index that version `there` of its package does not have.
pub(super) fn newer_than(
    cap: &CapFile,
    import: usize,
    package: &ApiPackage,
    there: Version,
) -> Vec<Use> {
    let references = references(cap);
    cap.constant_pool
        .entries
        .iter()
        .enumerate()
        .filter_map(|(index, constant)| {
            let (item, since) = item(constant, import, package)?;
            (!package.has(since, there)).then(|| Use {
                item,
                since: since.to_string(),
                offsets: references
                    .iter()
                    .filter(|(_, at)| *at == index)
                    .map(|(offset, _)| *offset)
                    .collect(),
                places: Vec::new(),
            })
        })
        .collect()
}

/// Every place of the code that refers to the constant pool, and the index there.
fn references(cap: &CapFile) -> Vec<(u16, usize)> {
    let locations = &cap.reference_location;
    let at = |offset: usize, width: usize| {
        let offset = u16::try_from(offset).ok()?;
        let bytes = cap.method.bytes_at(offset)?.get(..width)?;
        Some((
            offset,
            bytes
                .iter()
                .fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
        ))
    };
    let narrow = locations
        .byte_offsets()
        .into_iter()
        .filter_map(|offset| at(offset, 1));
    let wide = locations
        .byte2_offsets()
        .into_iter()
        .filter_map(|offset| at(offset, 2));
    narrow.chain(wide).collect()
}

/// The name of what a constant refers to in this import, and since which version it is there.
fn item(constant: &Constant, import: usize, package: &ApiPackage) -> Option<(String, Version)> {
    let external = |class: ClassRef| match class {
        ClassRef::External { package, class } if usize::from(package) == import => Some(class),
        _ => None,
    };
    let own = |package: u8, class: u8, token: u8| {
        (usize::from(package) == import).then_some((class, token))
    };
    let (class, member) = match *constant {
        Constant::Class(class) => (external(class)?, None),
        Constant::InstanceField { class, .. } => (external(class)?, None),
        Constant::VirtualMethod { class, token } | Constant::SuperMethod { class, token } => {
            (external(class)?, Some((Some(TokenSpace::Virtual), token)))
        }
        Constant::StaticMethod(StaticRef::External {
            package,
            class,
            token,
        }) => {
            let (class, token) = own(package, class, token)?;
            (class, Some((Some(TokenSpace::Static), token)))
        }
        Constant::StaticField(StaticRef::External {
            package,
            class,
            token,
        }) => {
            let (class, token) = own(package, class, token)?;
            (class, Some((None, token)))
        }
        Constant::StaticMethod(StaticRef::Internal(_))
        | Constant::StaticField(StaticRef::Internal(_)) => return None,
    };
    let class = package.class_by_token(class)?;
    let member = member.and_then(|(space, token)| match space {
        Some(space) => class
            .method_by_token(space, token)
            .map(|found| (&found.name, found.since)),
        None => class
            .field_by_token(token)
            .map(|found| (&found.name, found.since)),
    });
    Some(match member {
        Some((name, since)) => (format!("{}.{name}", class.name), since.max(class.since)),
        None => (class.name.clone(), class.since),
    })
}
