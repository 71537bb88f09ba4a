//! The structural rules: every count, size, index, offset and token.

mod classes;
mod code;
mod constant_pool;
mod debug;
mod descriptor;
mod export;
mod header;
mod members;
mod methods;
mod own_export;
mod static_field;

use super::check::Checker;

pub(crate) use code::MethodCode;

/// Checks everything, the flow of types through each method as soon as its instructions are sound by themselves.
pub(crate) fn check(checker: &mut Checker<'_, '_>) {
    header::check(checker);
    constant_pool::check(checker);
    classes::check(checker);
    static_field::check(checker);
    descriptor::check(checker);
    methods::check(checker);
    code::check(checker);
    export::check(checker);
    own_export::check(checker);
    debug::check(checker);
}
