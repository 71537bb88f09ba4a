//! The front end: from parsed Rust to typed trees, and from those to IR.

pub(crate) mod api;
pub(crate) mod check;
pub(crate) mod constant;
pub(crate) mod define;
pub(crate) mod interface;
pub(crate) mod lower;
pub(crate) mod public;
pub(crate) mod resolve;
pub(crate) mod tree;
pub(crate) mod ty;
