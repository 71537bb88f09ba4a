//! The flow of types through the code of each method (JCVM 3.0.5 §7, and §4.10 of the Java VM specification
//! whose rules it inherits).
//!
//! Each method is followed along all paths with types in place of values. Where paths meet, types are joined:
//! two classes become their nearest common superclass together with the interfaces that both implement, so that
//! an interface call on such a value needs no trust in the run time. A subroutine is followed once for each of
//! its calls, so that locals that it does not touch keep their types.

mod access;
mod flow;
mod frame;
mod invoke;
mod step;
mod types;

pub(crate) use flow::check;
