//! An export file of the package itself: whoever links against it gets what the CAP file holds.

use crate::api::{ApiClass, ApiPackage, TokenSpace};
use crate::component::constant_pool::StaticRef;
use crate::component::descriptor::access;
use crate::component::export::ClassExport;
use crate::component::{PackageInfo, Tag};
use crate::verify::Rule;
use crate::verify::check::Checker;
use crate::verify::world::{Callee, ClassId, Signature, Type, World};
use std::collections::{BTreeSet, HashMap};

/// The classes of an export file, and those of the CAP file that they describe.
type Twins = HashMap<ClassId, ClassId>;

pub(super) fn check(checker: &mut Checker<'_, '_>) {
    let cap = checker.cap;
    let (Some(export), Some(_)) = (&cap.export, &cap.descriptor) else {
        return;
    };
    let mut classes = export.classes.as_slice();
    let compact = [cap.header.package.clone()];
    let public: Vec<PackageInfo> = if cap.format().extended {
        let packages = cap.header.public_packages.iter();
        packages.map(|public| public.package.clone()).collect()
    } else {
        compact.to_vec()
    };
    for (index, info) in public.iter().enumerate() {
        let count = export
            .package_class_counts
            .get(index)
            .map_or(classes.len(), |count| (*count).into());
        let (these, others) = classes.split_at_checked(count).unwrap_or((classes, &[]));
        classes = others;
        let known = checker.world.exports.find(&info.aid);
        if let Some(package) = known.filter(|known| known.versions.contains(&info.version)) {
            compare(checker, package, these);
        }
    }
}

fn compare(checker: &mut Checker<'_, '_>, package: &ApiPackage, classes: &[ClassExport]) {
    let world = checker.world;
    checker.require(
        package.classes.len() == classes.len(),
        Rule::ExportFileAgrees,
        Tag::Export,
        0,
        format_args!("the {} classes of the export file", package.classes.len()),
        || classes.len().to_string(),
    );
    let mut twins = Twins::new();
    for (token, class) in (0..=0xff).zip(classes) {
        let api = package
            .class_by_token(token)
            .and_then(|class| world.named(&class.name));
        if let (Some(api), Some(own)) = (api, world.own_class(class.class_offset)) {
            twins.insert(api, own);
        }
    }
    for (token, class) in (0..=0xff).zip(classes) {
        let Some(own) = world.own_class(class.class_offset) else {
            continue;
        };
        let wrong = match package.class_by_token(token) {
            Some(api) => difference(world, &twins, api, own, class),
            None => Some("no class with this token".to_owned()),
        };
        if let Some(wrong) = wrong {
            checker.report(
                Rule::ExportFileAgrees,
                Tag::Export,
                None,
                format!("class {token} as in the export file of {}", package.name),
                wrong,
            );
        }
    }
}

fn difference(
    world: &World<'_>,
    twins: &Twins,
    api: &ApiClass,
    own: ClassId,
    export: &ClassExport,
) -> Option<String> {
    let is_interface = world.is_interface(own);
    let is_abstract = !is_interface && world.is_abstract(own);
    if (
        api.is_interface,
        api.flags.is_final,
        api.flags.is_abstract,
        api.flags.shareable,
    ) != (
        is_interface,
        world.is_final(own),
        is_abstract,
        world.is_shareable(own),
    ) {
        return Some(format!("other flags of {}", api.name));
    }
    let mapping = world
        .own_info(own)
        .and_then(|info| info.token_mapping.as_ref());
    if let (Some(wanted), Some(mapping)) = (api.inheritable_tokens, mapping)
        && wanted != mapping.inheritable_count
    {
        let count = mapping.inheritable_count;
        return Some(format!(
            "{count} tokens that older formats inherit, not {wanted}"
        ));
    }
    let api_id = world.named(&api.name)?;
    if let Some(wrong) =
        other_hierarchy(world, twins, api, own).or_else(|| other_count(world, api, own))
    {
        return Some(wrong);
    }
    let statics = api
        .methods
        .iter()
        .filter(|method| method.kind.token_space() == TokenSpace::Static);
    if statics.count() != export.static_method_offsets.len() {
        return Some(format!(
            "{} static methods",
            export.static_method_offsets.len()
        ));
    }
    for method in &api.methods {
        let found = match method.kind.token_space() {
            TokenSpace::Static => {
                let offset = export.static_method_offsets.get(usize::from(method.token));
                offset.and_then(|offset| world.static_method(StaticRef::Internal(*offset)))
            }
            TokenSpace::Virtual if is_interface => world.interface_method(own, method.token),
            TokenSpace::Virtual => world.virtual_method(own, method.token),
        };
        let wanted = world.api_callee(api_id, method);
        if !found
            .zip(wanted)
            .is_some_and(|(found, wanted)| same(twins, &found, &wanted))
        {
            return Some(format!(
                "another method than {}{}",
                method.name, method.descriptor
            ));
        }
    }
    for field in &api.fields {
        let found = if field.flags.is_static {
            let offset = export.static_field_offsets.get(usize::from(field.token));
            offset.and_then(|offset| world.static_field(StaticRef::Internal(*offset)))
        } else {
            let descriptor = world.own_descriptor(own)?;
            let mut fields = descriptor.fields.iter();
            fields
                .find(|own| own.token == field.token && own.is_instance())
                .and_then(|field| world.own_field(own, field))
        };
        let wanted = world
            .parse_type(&field.descriptor)
            .map(|wanted| twin(twins, wanted));
        if !found.is_some_and(|found| Some(twin(twins, found.field_type)) == wanted) {
            return Some(format!(
                "another field than {} {}",
                field.name, field.descriptor
            ));
        }
    }
    None
}

/// Others see the public superclasses and interfaces, all of them.
fn other_hierarchy(
    world: &World<'_>,
    twins: &Twins,
    api: &ApiClass,
    own: ClassId,
) -> Option<String> {
    let named = |names: &[String]| -> Option<BTreeSet<ClassId>> {
        let ids = names.iter().map(|name| world.named(name));
        ids.map(|id| id.map(|id| twins.get(&id).copied().unwrap_or(id)))
            .collect()
    };
    let visible = |ids: &mut dyn Iterator<Item = ClassId>| -> BTreeSet<ClassId> {
        ids.filter(|id| *id != own && world.is_public(*id))
            .collect()
    };
    let supers = if world.is_interface(own) {
        visible(&mut world.object().into_iter())
    } else {
        visible(&mut world.chain(own))
    };
    let interfaces = visible(&mut world.all_interfaces(own).into_iter());
    let agrees = named(&api.supers).is_none_or(|named| named == supers)
        && named(&api.interfaces).is_none_or(|named| named == interfaces);
    (!agrees).then(|| format!("other superclasses or interfaces of {}", api.name))
}

/// The export file leaves no virtual method and no field out.
fn other_count(world: &World<'_>, api: &ApiClass, own: ClassId) -> Option<String> {
    let methods = if world.is_interface(own) {
        world.interface_method_count(own)?
    } else {
        let mut tokens = (0..128).rev();
        tokens
            .find(|token| world.virtual_method(own, *token).is_some())
            .map_or(0, |last| usize::from(last) + 1)
    };
    let late = api.methods.iter();
    let described = late
        .filter(|method| method.kind.token_space() == TokenSpace::Virtual)
        .count();
    if methods != described {
        return Some(format!("{methods} virtual methods, not {described}"));
    }
    let visible = access::ACC_PUBLIC | access::ACC_PROTECTED;
    let fields = world.own_descriptor(own)?.fields.iter();
    let fields = fields
        .filter(|field| field.access_flags & visible != 0)
        .count();
    let described = api.fields.len();
    (fields != described).then(|| format!("{fields} visible fields, not {described}"))
}

fn twin(twins: &Twins, found: Type) -> Type {
    let class = |id: ClassId| twins.get(&id).copied().unwrap_or(id);
    match found {
        Type::Class(id) => Type::Class(class(id)),
        Type::ClassArray(id) => Type::ClassArray(class(id)),
        other => other,
    }
}

fn signature(twins: &Twins, signature: &Signature) -> Signature {
    let arguments = signature.arguments.iter();
    Signature {
        arguments: arguments.map(|argument| twin(twins, *argument)).collect(),
        result: signature.result.map(|result| twin(twins, result)),
    }
}

fn same(twins: &Twins, found: &Callee, wanted: &Callee) -> bool {
    signature(twins, &found.signature) == signature(twins, &wanted.signature)
        && (
            found.visibility,
            found.is_static,
            found.is_constructor,
            found.is_abstract,
            found.is_final,
        ) == (
            wanted.visibility,
            wanted.is_static,
            wanted.is_constructor,
            wanted.is_abstract,
            wanted.is_final,
        )
}
