//! Descriptor component: the fields and methods of a class.

use crate::component::Tag;
use crate::component::constant_pool::StaticRef;
use crate::component::descriptor::{
    ClassDescriptor, FieldDescriptor, FieldLocation, MethodDescriptor, access,
};
use crate::verify::Rule;
use crate::verify::check::Checker;

/// The token of what other packages cannot see.
const NO_TOKEN: u8 = 0xff;
const VISIBILITY: u8 = access::ACC_PUBLIC | access::ACC_PRIVATE | access::ACC_PROTECTED;
const FIELD_FLAGS: u8 = VISIBILITY | access::ACC_STATIC | access::ACC_FINAL;

pub(super) fn check(checker: &mut Checker<'_, '_>, class: &ClassDescriptor) {
    let is_interface = class.access_flags & access::ACC_INTERFACE != 0;
    let known = checker.world.all_imports_known();
    for field in &class.fields {
        let right = field_is_right(class, is_interface, field);
        let expected = "a field of the class with its own token, 0xFF just if it is static and not visible outside";
        checker.require(
            right,
            Rule::DescriptorMembers,
            Tag::Descriptor,
            None,
            expected,
            || format!("{field:?}"),
        );
        let found = checker.world.field_type(field);
        // Compilers put constants into the code.
        let constant = access::ACC_STATIC | access::ACC_FINAL;
        let is_constant = field.access_flags & constant == constant
            && found.is_some_and(|found| !found.is_reference());
        checker.require(
            !is_constant,
            Rule::DescriptorMembers,
            Tag::Descriptor,
            None,
            "no constant among the fields",
            || format!("{field:?}"),
        );
        checker.require(
            found.is_some() || !known,
            Rule::DescriptorTypes,
            Tag::Descriptor,
            None,
            "the type of a field",
            || format!("0x{:04x} of {field:?}", field.field_type),
        );
    }
    for method in &class.methods {
        let right = if is_interface {
            is_interface_method(method)
        } else {
            method_is_right(method)
        };
        let expected = if is_interface {
            "a public abstract method without code and handlers"
        } else {
            "a method whose token is 0xFF just if it is private, or static or a constructor and not visible outside"
        };
        checker.require(
            right,
            Rule::DescriptorMembers,
            Tag::Descriptor,
            None,
            expected,
            || format!("{method:?}"),
        );
        let signature = checker.world.signature(method.type_offset);
        let is_constructor = method.access_flags & access::ACC_INIT != 0;
        let returns = signature
            .as_ref()
            .is_some_and(|found| found.result.is_some());
        checker.require(
            !(is_constructor && returns),
            Rule::DescriptorMembers,
            Tag::Descriptor,
            None,
            "a constructor without a result",
            || format!("{method:?}"),
        );
        let typed = signature.is_some() || !known;
        checker.require(
            typed,
            Rule::DescriptorTypes,
            Tag::Descriptor,
            None,
            "the signature of a method",
            || format!("offset {} of {method:?}", method.type_offset),
        );
    }
    tokens(checker, class);
}

fn is_hidden(access_flags: u8) -> bool {
    access_flags & (access::ACC_PUBLIC | access::ACC_PROTECTED) == 0
}

fn field_is_right(class: &ClassDescriptor, is_interface: bool, field: &FieldDescriptor) -> bool {
    let flags = field.access_flags;
    let place = match field.location {
        FieldLocation::Static(StaticRef::Internal(_)) => {
            is_hidden(flags) == (field.token == NO_TOKEN)
        }
        FieldLocation::Static(StaticRef::External { .. }) => false,
        FieldLocation::Instance {
            class: owner,
            token,
        } => owner == class.this_class && token == field.token,
    };
    let is_static = matches!(field.location, FieldLocation::Static(_));
    place
        && !is_interface
        && is_static == (flags & access::ACC_STATIC != 0)
        && (flags & VISIBILITY).count_ones() <= 1
        && flags & !FIELD_FLAGS == 0
}

fn is_interface_method(method: &MethodDescriptor) -> bool {
    method.access_flags == access::ACC_PUBLIC | access::ACC_ABSTRACT_METHOD
        && method.method_offset == 0
        && method.bytecode_count == 0
        && method.exception_handler_count == 0
        && method.exception_handler_index == 0
}

fn binds_early(method: &MethodDescriptor) -> bool {
    method.access_flags & (access::ACC_STATIC | access::ACC_INIT) != 0
}

fn method_is_right(method: &MethodDescriptor) -> bool {
    let is_private = method.access_flags & access::ACC_PRIVATE != 0;
    let has_none = is_private || (binds_early(method) && is_hidden(method.access_flags));
    has_none == (method.token == NO_TOKEN)
        && (method.exception_handler_count > 0 || method.exception_handler_index == 0)
}

/// Tokens of static fields and of static methods with constructors count from 0; no two methods share one.
fn tokens(checker: &mut Checker<'_, '_>, class: &ClassDescriptor) {
    let visible = |tokens: Vec<u8>| {
        let mut tokens: Vec<u8> = tokens
            .into_iter()
            .filter(|token| *token != NO_TOKEN)
            .collect();
        tokens.sort_unstable();
        tokens
    };
    let fields = class
        .fields
        .iter()
        .filter(|field| matches!(field.location, FieldLocation::Static(_)));
    let fields = visible(fields.map(|field| field.token).collect());
    let (early, late): (Vec<&MethodDescriptor>, Vec<&MethodDescriptor>) =
        class.methods.iter().partition(|method| binds_early(method));
    let methods = visible(early.iter().map(|method| method.token).collect());
    for (what, tokens) in [("fields", fields), ("methods", methods)] {
        let consecutive = (0..=254)
            .zip(&tokens)
            .all(|(expected, token)| *token == expected);
        checker.require(
            consecutive,
            Rule::DescriptorMembers,
            Tag::Descriptor,
            None,
            format_args!("tokens of static {what} from 0 on"),
            || format!("{tokens:?}"),
        );
    }
    let late = visible(late.iter().map(|method| method.token).collect());
    let is_interface = class.access_flags & access::ACC_INTERFACE != 0;
    let unique = if is_interface {
        late.len() <= 128
            && (0..=254)
                .zip(&late)
                .all(|(expected, token)| *token == expected)
    } else {
        late.windows(2)
            .all(|pair| matches!(pair, [one, other] if one != other))
    };
    checker.require(
        unique,
        Rule::DescriptorMembers,
        Tag::Descriptor,
        None,
        "virtual methods with tokens of their own, those of an interface from 0 to 127",
        || format!("{late:?}"),
    );
}
