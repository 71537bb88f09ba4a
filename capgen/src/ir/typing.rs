//! The types of expressions.

use super::{Callee, Expr, Function, Program, Type, UnaryOp};

impl Expr {
    /// The type of the value, `None` for a call that gives nothing (or an index that is out of
    /// range, which [`verify`](super::verify) refuses).
    #[must_use]
    pub fn type_in(&self, program: &Program, function: &Function) -> Option<Type> {
        match self {
            Expr::Const(ty, _)
            | Expr::Unary(_, ty, _)
            | Expr::Binary(_, ty, _, _)
            | Expr::Null(ty) => Some(ty.clone()),
            Expr::Local(local) => function.locals.get(local.0).map(|local| local.ty.clone()),
            Expr::ConstArray(array) => program
                .arrays
                .get(array.0)
                .map(|array| Type::Array(array.element.clone())),
            Expr::Compare(..) => Some(Type::Bool),
            Expr::Cast { to, .. } => Some(to.clone()),
            Expr::Field(_, field, class) => {
                let field = program.classes.get(class.0)?.fields.get(*field)?;
                Some(field.ty.clone())
            }
            Expr::Element(element, _, _) => Some(element.value_type()),
            Expr::Length(_) => Some(Type::Usize),
            Expr::Call(_, _, ty) => ty.clone(),
            Expr::New(class) => Some(Type::Class(*class)),
            Expr::NewArray(element, _) => Some(Type::Array(element.clone())),
            Expr::Downcast(_, class) => Some(Type::Api(class.clone())),
        }
    }

    /// The operands, in the order of their evaluation.
    pub fn operands(&self) -> impl Iterator<Item = &Expr> {
        let (first, second, rest): (Option<&Expr>, Option<&Expr>, &[Expr]) = match self {
            Expr::Const(..)
            | Expr::Local(_)
            | Expr::ConstArray(_)
            | Expr::New(_)
            | Expr::Null(_) => (None, None, &[]),
            Expr::Unary(_, _, operand)
            | Expr::Cast { value: operand, .. }
            | Expr::Field(operand, _, _)
            | Expr::Length(operand)
            | Expr::NewArray(_, operand)
            | Expr::Downcast(operand, _) => (Some(operand), None, &[]),
            Expr::Binary(_, _, left, right)
            | Expr::Compare(_, _, left, right)
            | Expr::Element(_, left, right) => (Some(left), Some(right), &[]),
            Expr::Call(_, arguments, _) => (None, None, arguments),
        };
        first.into_iter().chain(second).chain(rest)
    }

    /// The operands, in the order of their evaluation, to be changed.
    pub fn operands_mut(&mut self) -> impl Iterator<Item = &mut Expr> {
        let (first, second, rest): (Option<&mut Expr>, Option<&mut Expr>, &mut [Expr]) = match self
        {
            Expr::Const(..)
            | Expr::Local(_)
            | Expr::ConstArray(_)
            | Expr::New(_)
            | Expr::Null(_) => (None, None, &mut []),
            Expr::Unary(_, _, operand)
            | Expr::Cast { value: operand, .. }
            | Expr::Field(operand, _, _)
            | Expr::Length(operand)
            | Expr::NewArray(_, operand)
            | Expr::Downcast(operand, _) => (Some(operand), None, &mut []),
            Expr::Binary(_, _, left, right)
            | Expr::Compare(_, _, left, right)
            | Expr::Element(_, left, right) => (Some(left), Some(right), &mut []),
            Expr::Call(_, arguments, _) => (None, None, arguments),
        };
        first.into_iter().chain(second).chain(rest)
    }

    /// Calls `visit` with this expression and all in it, operands before what uses them.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Expr)) {
        #[cfg(test)]
        crate::opt::growth::visit(1);
        for operand in self.operands() {
            operand.walk(visit);
        }
        visit(self);
    }

    /// Calls `visit` with this expression and all in it to be changed, operands before what uses them.
    pub fn walk_mut(&mut self, visit: &mut impl FnMut(&mut Expr)) {
        #[cfg(test)]
        crate::opt::growth::visit(1);
        for operand in self.operands_mut() {
            operand.walk_mut(visit);
        }
        visit(self);
    }

    /// Whether evaluating it can neither change anything nor fail: it may be left out where its
    /// value is not wanted.
    #[must_use]
    pub fn is_pure(&self) -> bool {
        use super::BinaryOp::{Div, Rem};
        let own = match self {
            Expr::Call(..) | Expr::New(_) | Expr::NewArray(..) | Expr::Downcast(..) => false,
            // A null reference, an index out of bounds, a division by zero end the command.
            Expr::Field(..) | Expr::Element(..) | Expr::Length(_) => false,
            Expr::Binary(Div | Rem, _, _, divisor) => {
                matches!(**divisor, Expr::Const(_, value) if value != 0)
            }
            _ => true,
        };
        own && self.operands().into_iter().all(Expr::is_pure)
    }

    /// `!self`, without a second negation.
    #[must_use]
    pub fn negated(self) -> Expr {
        match self {
            Expr::Unary(UnaryOp::Not, Type::Bool, operand) => *operand,
            Expr::Compare(op, ty, left, right) => Expr::Compare(op.negated(), ty, left, right),
            other => Expr::Unary(UnaryOp::Not, Type::Bool, Box::new(other)),
        }
    }

    /// The function of this package that is called here, if one is.
    #[must_use]
    pub fn called_function(&self) -> Option<super::FunctionId> {
        match self {
            Expr::Call(Callee::Function(function), _, _) => Some(*function),
            _ => None,
        }
    }
}

impl super::BinaryOp {
    /// Whether the right side is a distance.
    #[must_use]
    pub const fn is_shift(self) -> bool {
        matches!(self, Self::Shl | Self::Shr | Self::ShrUnsigned)
    }
}

impl super::CompareOp {
    /// The comparison that is true where this is false.
    #[must_use]
    pub const fn negated(self) -> Self {
        match self {
            Self::Eq => Self::Ne,
            Self::Ne => Self::Eq,
            Self::Lt => Self::Ge,
            Self::Le => Self::Gt,
            Self::Gt => Self::Le,
            Self::Ge => Self::Lt,
        }
    }

    /// The comparison with its operands exchanged.
    #[must_use]
    pub const fn swapped(self) -> Self {
        match self {
            Self::Lt => Self::Gt,
            Self::Le => Self::Ge,
            Self::Gt => Self::Lt,
            Self::Ge => Self::Le,
            same => same,
        }
    }

    /// What it says of two numbers.
    #[must_use]
    pub const fn holds(self, left: i32, right: i32) -> bool {
        match self {
            Self::Eq => left == right,
            Self::Ne => left != right,
            Self::Lt => left < right,
            Self::Le => left <= right,
            Self::Gt => left > right,
            Self::Ge => left >= right,
        }
    }
}

impl Type {
    /// Whether values are integers.
    #[must_use]
    pub fn is_integer(&self) -> bool {
        matches!(
            self,
            Type::U8 | Type::I8 | Type::U16 | Type::I16 | Type::Usize | Type::Int
        )
    }

    /// Whether values are integers that may be negative.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        matches!(self, Type::I8 | Type::I16 | Type::Int)
    }

    /// The width of an integer or `bool` in bits on the card, 0 for references.
    #[must_use]
    pub fn bits(&self) -> u32 {
        match self {
            Type::Bool => 1,
            Type::U8 | Type::I8 => 8,
            Type::U16 | Type::I16 | Type::Usize => 16,
            Type::Int => 32,
            Type::Class(_) | Type::Api(_) | Type::Array(_) => 0,
        }
    }

    /// The value of this type with the same low bits, as `as` and the wrapping operations give it.
    /// (`usize` is taken to its low 16 bits.)
    #[must_use]
    pub fn wrap(&self, value: i32) -> i32 {
        match self {
            Type::Bool => value & 1,
            Type::U8 => value & 0xff,
            Type::U16 | Type::Usize => value & 0xffff,
            Type::I8 => value << 24 >> 24,
            Type::I16 => value << 16 >> 16,
            Type::Int | Type::Class(_) | Type::Api(_) | Type::Array(_) => value,
        }
    }
}

impl super::Terminator {
    /// The blocks that may follow.
    pub fn successors(&self) -> impl DoubleEndedIterator<Item = super::BlockId> {
        let (first, second, cases): (_, _, &[(i32, super::BlockId)]) = match self {
            Self::Goto(next) => (Some(*next), None, &[]),
            Self::If(_, yes, no) => (Some(*yes), Some(*no), &[]),
            Self::Switch(_, cases, default) => (None, Some(*default), cases),
            Self::Return(_) | Self::Throw(_) | Self::Unreachable => (None, None, &[]),
        };
        let cases = cases.iter().map(|(_, block)| *block);
        first.into_iter().chain(cases).chain(second)
    }

    /// The blocks that may follow, to be changed.
    pub fn successors_mut(&mut self) -> Vec<&mut super::BlockId> {
        match self {
            Self::Goto(next) => vec![next],
            Self::If(_, yes, no) => vec![yes, no],
            Self::Switch(_, cases, default) => cases
                .iter_mut()
                .map(|(_, block)| block)
                .chain([default])
                .collect(),
            Self::Return(_) | Self::Throw(_) | Self::Unreachable => Vec::new(),
        }
    }

    /// Calls `change` with each block that may follow.
    pub fn redirect(&mut self, change: &mut impl FnMut(&mut super::BlockId)) {
        match self {
            Self::Goto(next) => change(next),
            Self::If(_, yes, no) => {
                change(yes);
                change(no);
            }
            Self::Switch(_, cases, default) => {
                cases.iter_mut().for_each(|(_, block)| change(block));
                change(default);
            }
            Self::Return(_) | Self::Throw(_) | Self::Unreachable => {}
        }
    }

    /// The expression that it evaluates, if any.
    #[must_use]
    pub fn expression(&self) -> Option<&Expr> {
        match self {
            Self::If(expr, _, _)
            | Self::Switch(expr, _, _)
            | Self::Return(Some(expr))
            | Self::Throw(expr) => Some(expr),
            Self::Goto(_) | Self::Return(None) | Self::Unreachable => None,
        }
    }

    /// The expression that it evaluates, to be changed.
    pub fn expression_mut(&mut self) -> Option<&mut Expr> {
        match self {
            Self::If(expr, _, _)
            | Self::Switch(expr, _, _)
            | Self::Return(Some(expr))
            | Self::Throw(expr) => Some(expr),
            Self::Goto(_) | Self::Return(None) | Self::Unreachable => None,
        }
    }
}

impl super::Statement {
    /// The expressions that it evaluates, in order.
    pub fn expressions(&self) -> impl Iterator<Item = &Expr> {
        let all = match self {
            Self::Set(_, value) | Self::Eval(value) => [Some(value), None, None],
            Self::SetField(object, _, _, value) => [Some(object), Some(value), None],
            Self::SetElement(_, array, index, value) => [Some(array), Some(index), Some(value)],
        };
        all.into_iter().flatten()
    }

    /// The expressions that it evaluates, in order, to be changed.
    pub fn expressions_mut(&mut self) -> impl Iterator<Item = &mut Expr> {
        let all = match self {
            Self::Set(_, value) | Self::Eval(value) => [Some(value), None, None],
            Self::SetField(object, _, _, value) => [Some(object), Some(value), None],
            Self::SetElement(_, array, index, value) => [Some(array), Some(index), Some(value)],
        };
        all.into_iter().flatten()
    }
}

impl Function {
    /// The expressions that stand in statements and terminators, in order, and where each comes from.
    pub fn expressions(&self) -> impl Iterator<Item = (&Expr, super::Position)> {
        self.blocks.iter().flat_map(|block| {
            let statements = block.statements.iter().flat_map(|(statement, position)| {
                let position = *position;
                statement
                    .expressions()
                    .map(move |expression| (expression, position))
            });
            let last = block.terminator.expression();
            statements.chain(last.map(|expression| (expression, block.position)))
        })
    }

    /// Calls `visit` with every expression of the function and all in it.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Expr)) {
        for block in &self.blocks {
            for (statement, _) in &block.statements {
                for expression in statement.expressions() {
                    expression.walk(visit);
                }
            }
            if let Some(expression) = block.terminator.expression() {
                expression.walk(visit);
            }
        }
    }

    /// Calls `visit` with every expression of the function and all in it, to be changed.
    pub fn walk_mut(&mut self, visit: &mut impl FnMut(&mut Expr)) {
        #[cfg(test)]
        crate::opt::growth::visit(1);
        for block in &mut self.blocks {
            for (statement, _) in &mut block.statements {
                for expression in statement.expressions_mut() {
                    expression.walk_mut(visit);
                }
            }
            if let Some(expression) = block.terminator.expression_mut() {
                expression.walk_mut(visit);
            }
        }
    }
}
