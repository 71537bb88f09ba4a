//! One function's blocks as instructions.

use super::ask::Questions;
use super::error::BackendError;
use super::interval::{Interval, Ranges, unwrapped};
use super::item::{Item, Label, Symbol};
use super::layout::Plan;
use super::linkage::Methods;
use super::value::{Form, word};
use super::weight::Weight;
use crate::ir::dataflow::LocalSet;
use crate::ir::{
    BinaryOp, ClassId, Element, Expr, Function, LocalId, Position, Program, Statement, Type,
};
use cap_file::{Opcode, Operands};

/// The state of emitting one function.
pub(super) struct Emitter<'a> {
    pub(super) program: &'a Program,
    pub(super) function: &'a Function,
    pub(super) methods: &'a Methods,
    pub(super) ranges: Ranges<'a>,
    pub(super) plan: &'a Plan,
    /// By local: its index among the words of the frame.
    pub(super) slots: Vec<Option<u8>>,
    /// Local 0 of an instance method.
    pub(super) this: Option<LocalId>,
    /// `u8` locals that are kept with their sign extended, as they are loaded.
    pub(super) signed: LocalSet,
    pub(super) items: Vec<Item>,
    /// Labels below the number of blocks are those blocks.
    pub(super) next_label: usize,
    pub(super) position: Position,
    /// By what sequences are compared.
    pub(super) weight: Weight,
    /// Whether claims and promises are written down, for [`super::proof`].
    pub(super) with_claims: bool,
    /// What is asked of the code, if it is made for that.
    pub(super) questions: Option<&'a Questions>,
}

/// What a word can be.
pub(super) const WORD: Interval = Interval {
    low: -0x8000,
    high: 0x7fff,
};

impl Emitter<'_> {
    /// The word on top of the stack is taken to be in this interval.
    pub(super) fn claim(&mut self, claim: Interval) {
        if self.with_claims && claim.within(WORD) && claim != WORD {
            self.items.push(Item::Claim(claim));
        }
    }

    /// The word on top of the stack, a value in its exact form, is taken to be in the range of its type.
    pub(super) fn claim_type(&mut self, ty: &Type) {
        if !ty.is_reference() {
            self.claim(Interval::of_type(ty));
        }
    }

    /// The word on top of the stack is in this interval, as the language promises.
    pub(super) fn promise(&mut self, promise: Interval) {
        if self.with_claims && promise.within(WORD) {
            self.items.push(Item::Promise(promise));
        }
    }

    /// What `Add`, `Sub`, `Mul` promise of a word that holds their result.
    pub(super) fn kept_promise(
        &self,
        op: BinaryOp,
        ty: &Type,
        left: &Expr,
        right: &Expr,
    ) -> Option<Interval> {
        // The least number by -1 is the one quotient that its type does not hold.
        use BinaryOp::{Add, Div, Mul, Sub};
        if !matches!(op, Add | Sub | Mul | Div) || op == Div && !ty.is_signed() {
            return None;
        }
        let ranges = (self.ranges.range(left), self.ranges.range(right));
        let fits = unwrapped(op, ranges.0, ranges.1).is_some_and(|result| result.within(WORD));
        match ty {
            // As a word it is the sum itself only if that is no more than a word.
            Type::U16 if fits => Some(Interval::NON_NEGATIVE),
            Type::U16 | Type::I16 => None,
            _ => Some(Interval::of_type(ty)),
        }
    }

    pub(super) fn unsupported(&self, what: String) -> BackendError {
        BackendError::Unsupported {
            function: self.function.name.clone(),
            what,
        }
    }

    pub(super) fn op(&mut self, opcode: Opcode) {
        self.items.push(Item::op(opcode));
    }

    pub(super) fn new_label(&mut self) -> Label {
        self.next_label += 1;
        Label(self.next_label - 1)
    }

    fn mark(&mut self, position: Position) {
        if position.line != 0 && position != self.position {
            self.position = position;
            self.items.push(Item::Mark(position));
        }
    }

    /// Emits all blocks in their order.
    pub(super) fn run(&mut self) -> super::Result {
        self.prologue()?;
        for (index, &block_id) in self.plan.order.iter().enumerate() {
            let Some(block) = self.function.blocks.get(block_id.0) else {
                continue;
            };
            let next = self.plan.order.get(index + 1).copied();
            self.items.push(Item::Label(Label(block_id.0)));
            for (statement, position) in &block.statements {
                self.mark(*position);
                self.statement(statement)?;
            }
            self.mark(block.position);
            self.terminator(block_id, &block.terminator, next)?;
        }
        Ok(())
    }

    /// The runtime environment hands over bytes with their sign extended.
    fn prologue(&mut self) -> super::Result {
        let Some(entry) = &self.function.entry else {
            return Ok(());
        };
        let parameters = crate::ir::descriptor::parameters(&entry.descriptor).unwrap_or_default();
        let skip = usize::from(self.function.receiver.is_some());
        for (local, described) in self.function.parameters.iter().skip(skip).zip(parameters) {
            let is_u8 = self
                .function
                .locals
                .get(local.0)
                .is_some_and(|local| local.ty == Type::U8);
            if is_u8
                && described == "B"
                && self.plan.is_read(*local)
                && !self.signed.contains(*local)
            {
                self.load(*local)?;
                self.items.push(Item::push(255));
                self.op(Opcode::Sand);
                self.store(*local)?;
            }
        }
        Ok(())
    }

    fn slot(&self, local: LocalId) -> Result<u8, BackendError> {
        self.slots
            .get(local.0)
            .copied()
            .flatten()
            .ok_or_else(|| self.unsupported(format!("local {} without a slot", local.0)))
    }

    /// The instructions that load or store a local: those of its type.
    fn local_forms<T>(&self, local: LocalId, reference: T, int: T, short: T) -> T {
        match self.function.locals.get(local.0).map(|local| &local.ty) {
            Some(Type::Int) => int,
            Some(ty) if ty.is_reference() => reference,
            _ => short,
        }
    }

    pub(super) fn load(&mut self, local: LocalId) -> super::Result {
        use Opcode::{
            Aload, Aload0, Aload1, Aload2, Aload3, Iload, Iload0, Iload1, Iload2, Iload3, Sload,
            Sload0, Sload1, Sload2, Sload3,
        };
        let slot = self.slot(local)?;
        let forms = self.local_forms(
            local,
            ([Aload0, Aload1, Aload2, Aload3], Aload),
            ([Iload0, Iload1, Iload2, Iload3], Iload),
            ([Sload0, Sload1, Sload2, Sload3], Sload),
        );
        self.local_access(forms, slot);
        Ok(())
    }

    fn store(&mut self, local: LocalId) -> super::Result {
        use Opcode::{
            Astore, Astore0, Astore1, Astore2, Astore3, Istore, Istore0, Istore1, Istore2, Istore3,
            Sstore, Sstore0, Sstore1, Sstore2, Sstore3,
        };
        let slot = self.slot(local)?;
        let forms = self.local_forms(
            local,
            ([Astore0, Astore1, Astore2, Astore3], Astore),
            ([Istore0, Istore1, Istore2, Istore3], Istore),
            ([Sstore0, Sstore1, Sstore2, Sstore3], Sstore),
        );
        self.local_access(forms, slot);
        Ok(())
    }

    fn local_access(&mut self, (short, long): ([Opcode; 4], Opcode), slot: u8) {
        self.items.push(match short.get(usize::from(slot)) {
            Some(opcode) => Item::op(*opcode),
            None => Item::Plain(long, Operands::Local(slot)),
        });
    }

    /// Whether an expression is `this`, so that the short field instructions serve.
    pub(super) fn is_this(&self, expr: &Expr) -> bool {
        matches!(expr, Expr::Local(local) if Some(*local) == self.this)
    }

    fn statement(&mut self, statement: &Statement) -> super::Result {
        match statement {
            Statement::Set(local, value) => self.set(*local, value),
            Statement::SetField(object, field, class, value) => {
                self.set_field(object, *field, *class, value)
            }
            Statement::SetElement(element, array, index, value) => {
                self.value(array, Form::Exact)?;
                self.value(index, Form::Exact)?;
                let (form, opcode) = match element {
                    Element::U8 | Element::I8 => (Form::LowByte, Opcode::Bastore),
                    Element::Bool => (Form::Exact, Opcode::Bastore),
                    Element::U16 | Element::I16 => (Form::Exact, Opcode::Sastore),
                    Element::Int => (Form::Exact, Opcode::Iastore),
                    Element::Class(_) => (Form::Exact, Opcode::Aastore),
                };
                self.value(value, form)?;
                if *element == Element::Bool {
                    self.claim_type(&Type::Bool);
                }
                self.op(opcode);
                Ok(())
            }
            Statement::Eval(value) => self.discard(value),
        }
    }

    /// Evaluates for effect only.
    pub(super) fn discard(&mut self, expr: &Expr) -> super::Result {
        if expr.is_pure() {
            return Ok(());
        }
        self.value(expr, Form::LowByte)?;
        match expr.type_in(self.program, self.function) {
            None => {}
            Some(Type::Int) => self.op(Opcode::Pop2),
            Some(_) => self.op(Opcode::Pop),
        }
        Ok(())
    }

    fn set(&mut self, local: LocalId, value: &Expr) -> super::Result {
        if !self.plan.is_read(local) {
            return self.discard(value);
        }
        if let Expr::Local(source) = value
            && self.slot(*source)? == self.slot(local)?
            && self.signed.contains(*source) == self.signed.contains(local)
        {
            return Ok(());
        }
        if let Some(step) = self.int_increment(local, value) {
            let slot = self.slot(local)?;
            let opcode = if i8::try_from(step).is_ok() {
                Opcode::Iinc
            } else {
                Opcode::IincW
            };
            let operands = Operands::Increment {
                local: slot,
                value: step,
            };
            self.items.push(Item::Plain(opcode, operands));
            return Ok(());
        }
        if let Some(step) = self.increment(local, value) {
            let slot = self.slot(local)?;
            let opcode = if i8::try_from(step).is_ok() {
                Opcode::Sinc
            } else {
                Opcode::SincW
            };
            self.items.push(Item::Plain(
                opcode,
                Operands::Increment {
                    local: slot,
                    value: step,
                },
            ));
            if self.with_claims
                && let Expr::Binary(op, ty, left, right) = value
                && let Some(promise) = self.kept_promise(*op, ty, left, right)
            {
                self.items.push(Item::LocalPromise(slot, promise));
            }
            return Ok(());
        }
        if let Some((step, condition)) = self.conditional_increment(local, value) {
            let slot = self.slot(local)?;
            let rest = self.new_label();
            self.jump_if(condition, false, rest)?;
            self.items.push(Item::Plain(
                Opcode::Sinc,
                Operands::Increment {
                    local: slot,
                    value: step,
                },
            ));
            if self.with_claims
                && let Expr::Binary(op, ty, left, right) = value
                && let Some(promise) = self.kept_promise(*op, ty, left, right)
            {
                self.items.push(Item::LocalPromise(slot, promise));
            }
            self.items.push(Item::Label(rest));
            return Ok(());
        }
        let form = self.local_form(local);
        self.value(value, form)?;
        self.store(local)
    }

    /// `local = local + (condition as …)`: the step, and the condition.
    fn conditional_increment<'e>(
        &self,
        local: LocalId,
        value: &'e Expr,
    ) -> Option<(i16, &'e Expr)> {
        let (step, left, condition) = conditional_step(value)?;
        let is_own = *left == Expr::Local(local) && !self.signed.contains(local);
        is_own.then_some((step, condition))
    }

    /// How a local's word stands for its value.
    pub(super) fn local_form(&self, local: LocalId) -> Form {
        if self.signed.contains(local) {
            Form::SignExtended
        } else {
            Form::Exact
        }
    }

    /// The constant that `local = value` adds, if that is all it does.
    fn increment(&self, local: LocalId, value: &Expr) -> Option<i16> {
        let Expr::Binary(op, ty, left, right) = value else {
            return None;
        };
        if self.signed.contains(local) || *ty == Type::Int {
            return None;
        }
        let this = Expr::Local(local);
        let step = match (op, &**left, &**right) {
            (BinaryOp::Add | BinaryOp::WrappingAdd, left, Expr::Const(_, step))
                if *left == this =>
            {
                *step
            }
            (BinaryOp::Add | BinaryOp::WrappingAdd, Expr::Const(_, step), right)
                if *right == this =>
            {
                *step
            }
            (BinaryOp::Sub | BinaryOp::WrappingSub, left, Expr::Const(_, step))
                if *left == this =>
            {
                -*step
            }
            _ => return None,
        };
        let exact = match op {
            BinaryOp::Add | BinaryOp::Sub => true,
            _ => ty.bits() == 16,
        };
        (exact && step != 0).then(|| word(step))
    }

    fn set_field(
        &mut self,
        object: &Expr,
        field: usize,
        class: ClassId,
        value: &Expr,
    ) -> super::Result {
        let Some(ty) = self
            .program
            .classes
            .get(class.0)
            .and_then(|class| class.fields.get(field))
        else {
            return Err(self.unsupported(format!("field {field} of class {}", class.0)));
        };
        let (plain, this, form) = match ty.ty {
            Type::Bool => (Opcode::PutfieldB, Opcode::PutfieldBThis, Form::Exact),
            // A byte field takes what a Java byte can be.
            Type::U8 | Type::I8 => (Opcode::PutfieldB, Opcode::PutfieldBThis, Form::SignExtended),
            Type::U16 | Type::I16 | Type::Usize => {
                (Opcode::PutfieldS, Opcode::PutfieldSThis, Form::Exact)
            }
            Type::Int => (Opcode::PutfieldI, Opcode::PutfieldIThis, Form::Exact),
            Type::Class(_) | Type::Api(_) | Type::Array(_) => {
                (Opcode::PutfieldA, Opcode::PutfieldAThis, Form::Exact)
            }
        };
        let opcode = if self.is_this(object) {
            this
        } else {
            self.value(object, Form::Exact)?;
            plain
        };
        self.value(value, form)?;
        if form == Form::Exact {
            self.claim_type(&ty.ty);
        }
        self.items
            .push(Item::Pool(opcode, Symbol::Field(class, field)));
        Ok(())
    }
}

/// `left ± (condition as …)` of 16 bits: 1 or -1, what it is added to, and the condition.
pub(super) fn conditional_step(expr: &Expr) -> Option<(i16, &Expr, &Expr)> {
    use BinaryOp::{Add, Sub, WrappingAdd, WrappingSub};
    let Expr::Binary(op, ty, left, right) = expr else {
        return None;
    };
    let step = match op {
        Add | WrappingAdd => 1,
        Sub | WrappingSub => -1,
        _ => return None,
    };
    match &**right {
        Expr::Cast {
            from: Type::Bool,
            value: condition,
            ..
        } if ty.bits() == 16 && matches!(**condition, Expr::Compare(..) | Expr::Unary(..)) => {
            Some((step, left, condition))
        }
        _ => None,
    }
}
