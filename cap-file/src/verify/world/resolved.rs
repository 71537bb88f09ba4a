//! What the constants of the pool lead to, each looked up once.

use super::{Callee, ClassId, Field, World};
use crate::component::constant_pool::Constant;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// A constant and what it leads to.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    pub(crate) constant: Constant,
    /// The class that it names; static members are named without one.
    pub(crate) class: Option<ClassId>,
    pub(crate) member: Member,
}

/// The member that a constant names.
#[derive(Clone, Debug)]
pub(crate) enum Member {
    /// None, or one that cannot be found.
    Unknown,
    /// A method; of a super call the one in the superclass.
    Method(Callee),
    Field(Field),
}

/// The methods of interfaces that have been looked up.
type InterfaceMethods = HashMap<(ClassId, u8), Option<Rc<Callee>>>;

/// What has been looked up so far.
pub(super) struct Cache {
    constants: Vec<OnceCell<Box<Resolved>>>,
    interface_methods: RefCell<InterfaceMethods>,
}

impl Cache {
    pub(super) fn new(constants: usize) -> Self {
        Self {
            constants: (0..constants).map(|_| OnceCell::new()).collect(),
            interface_methods: RefCell::default(),
        }
    }
}

impl World<'_> {
    /// What a constant of the pool leads to.
    pub(crate) fn resolved(&self, index: u16) -> Option<&Resolved> {
        let constant = self.constant(index)?;
        let place = self.cache.constants.get(usize::from(index))?;
        Some(place.get_or_init(|| Box::new(self.resolve(constant))))
    }

    fn resolve(&self, constant: Constant) -> Resolved {
        let method = |callee: Option<Callee>| callee.map_or(Member::Unknown, Member::Method);
        let field = |field: Option<Field>| field.map_or(Member::Unknown, Member::Field);
        let (class, member) = match constant {
            Constant::Class(class) => (self.class(class), Member::Unknown),
            Constant::InstanceField { class, token } => {
                (self.class(class), field(self.instance_field(class, token)))
            }
            Constant::VirtualMethod { class, token } => {
                let class = self.class(class);
                let callee = class.and_then(|class| self.virtual_method(class, token));
                (class, method(callee))
            }
            Constant::SuperMethod { class, token } => {
                let class = self.class(class);
                let above = class.and_then(|class| self.get(class)?.super_class);
                let callee = above.and_then(|above| self.virtual_method(above, token));
                (class, method(callee))
            }
            Constant::StaticField(reference) => (None, field(self.static_field(reference))),
            Constant::StaticMethod(reference) => (None, method(self.static_method(reference))),
        };
        Resolved {
            constant,
            class,
            member,
        }
    }

    /// The method of an interface with this token.
    pub(crate) fn cached_interface_method(
        &self,
        interface: ClassId,
        token: u8,
    ) -> Option<Rc<Callee>> {
        let mut known = self.cache.interface_methods.borrow_mut();
        let found = known
            .entry((interface, token))
            .or_insert_with(|| self.interface_method(interface, token).map(Rc::new));
        found.clone()
    }
}
