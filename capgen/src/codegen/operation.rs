//! Operations and calls, their operands being on the stack already.

use super::emit::Emitter;
use super::error::BackendError;
use super::int::int_opcode;
use super::item::{Item, Symbol};
use super::linkage::Linkage;
use super::value::Form;
use crate::ir::{
    self, ApiMethod, BinaryOp, Callee, Element, Expr, FunctionId, Type, UnaryOp, descriptor,
};
use cap_file::api::MethodKind;
use cap_file::{Opcode, Operands};

impl Emitter<'_> {
    /// Emits the operation of an expression whose operands are on the stack (a call or a comparison
    /// brings its own).
    pub(super) fn operation(&mut self, expr: &Expr) -> super::Result {
        match expr {
            // Constants are emitted with their form.
            Expr::Const(..) | Expr::Cast { .. } => {}
            Expr::Local(local) => self.load(*local)?,
            Expr::ConstArray(array) => {
                self.items
                    .push(Item::Pool(Opcode::GetstaticA, Symbol::Array(*array)));
            }
            Expr::Unary(UnaryOp::Not, Type::Bool, _) => {
                self.op(Opcode::Sconst1);
                self.op(Opcode::Sxor);
            }
            Expr::Unary(op, Type::Int, _) => self.int_unary(*op),
            Expr::Unary(UnaryOp::Not, _, _) => {
                self.op(Opcode::SconstM1);
                self.op(Opcode::Sxor);
            }
            Expr::Unary(UnaryOp::Neg, _, _) => self.op(Opcode::Sneg),
            Expr::Binary(..) if self.is_helped(expr) => {
                let helper = Symbol::Static(FunctionId(self.program.functions.len()));
                self.invoke(Opcode::Invokestatic, helper, 2, 1);
            }
            Expr::Binary(op, Type::Int, _, _) => self.op(int_opcode(*op)),
            Expr::Binary(op, _, _, _) => self.op(binary_opcode(*op)),
            Expr::Compare(..) => self.materialise(expr)?,
            Expr::Field(object, field, class) => self.get_field(expr, object, *field, *class),
            Expr::Element(element, _, _) => self.op(match element {
                Element::Bool | Element::U8 | Element::I8 => Opcode::Baload,
                Element::U16 | Element::I16 => Opcode::Saload,
                Element::Int => Opcode::Iaload,
                Element::Class(_) => Opcode::Aaload,
            }),
            Expr::Length(_) => self.op(Opcode::Arraylength),
            Expr::Call(callee, arguments, _) => self.call(callee, arguments)?,
            Expr::New(class) => {
                self.items
                    .push(Item::Pool(Opcode::New, Symbol::Class(*class)));
                self.op(Opcode::Dup);
                self.invoke(Opcode::Invokespecial, Symbol::Constructor(*class), 1, 0);
            }
            Expr::NewArray(element, _) => self.items.push(match element {
                Element::Bool => Item::Plain(Opcode::Newarray, Operands::ArrayType(10)),
                Element::U8 | Element::I8 => Item::Plain(Opcode::Newarray, Operands::ArrayType(11)),
                Element::U16 | Element::I16 => {
                    Item::Plain(Opcode::Newarray, Operands::ArrayType(12))
                }
                Element::Int => Item::Plain(Opcode::Newarray, Operands::ArrayType(13)),
                Element::Class(class) => Item::Pool(Opcode::Anewarray, Symbol::Class(*class)),
            }),
            Expr::Downcast(_, class) => self
                .items
                .push(Item::CheckCast(Symbol::ApiClass(class.clone()))),
            Expr::Null(_) => self.op(Opcode::AconstNull),
        }
        Ok(())
    }

    fn get_field(&mut self, expr: &Expr, object: &Expr, field: usize, class: ir::ClassId) {
        let (plain, this) = match expr.type_in(self.program, self.function) {
            Some(Type::Bool | Type::U8 | Type::I8) => (Opcode::GetfieldB, Opcode::GetfieldBThis),
            Some(Type::U16 | Type::I16 | Type::Usize) => (Opcode::GetfieldS, Opcode::GetfieldSThis),
            Some(Type::Int) => (Opcode::GetfieldI, Opcode::GetfieldIThis),
            _ => (Opcode::GetfieldA, Opcode::GetfieldAThis),
        };
        let mut opcode = plain;
        // `aload_0`, just emitted, is part of the short form.
        if self.is_this(object) && self.items.last() == Some(&Item::op(Opcode::Aload0)) {
            self.items.pop();
            opcode = this;
        }
        self.items
            .push(Item::Pool(opcode, Symbol::Field(class, field)));
    }

    fn invoke(&mut self, opcode: Opcode, method: Symbol, pops: u8, pushes: u8) {
        self.items.push(Item::Invoke {
            opcode,
            method,
            pops,
            pushes,
        });
    }

    fn call(&mut self, callee: &Callee, arguments: &[Expr]) -> super::Result {
        match callee {
            Callee::Function(function) => self.call_function(*function, arguments),
            Callee::Api(method) => self.call_api(method, arguments),
        }
    }

    fn call_function(&mut self, callee: FunctionId, arguments: &[Expr]) -> super::Result {
        let Some(function) = self.program.functions.get(callee.0) else {
            return Err(self.unsupported(format!("call of function {}", callee.0)));
        };
        for (argument, parameter) in arguments.iter().zip(&function.parameters) {
            self.value(argument, Form::Exact)?;
            self.claim_type(function.local_type(*parameter));
        }
        let (opcode, method) = match self.methods.linkage(callee) {
            Linkage::Static => (Opcode::Invokestatic, Symbol::Static(callee)),
            Linkage::Private => (Opcode::Invokespecial, Symbol::Static(callee)),
            Linkage::Package(_) | Linkage::Public(_) => {
                (Opcode::Invokevirtual, Symbol::Virtual(callee))
            }
        };
        let pops = self.argument_words(function.parameter_words())?;
        self.invoke(opcode, method, pops, result_words(function.result.as_ref()));
        Ok(())
    }

    fn argument_words(&self, count: usize) -> Result<u8, BackendError> {
        u8::try_from(count).map_err(|_| BackendError::TooLarge {
            place: self.function.name.clone(),
            what: "the number of arguments of a call",
            value: count,
            limit: 255,
        })
    }

    fn call_api(&mut self, method: &ApiMethod, arguments: &[Expr]) -> super::Result {
        let unknown = || BackendError::UnknownApi {
            function: self.function.name.clone(),
            item: method.to_string(),
        };
        let class = self.program.api_class(&method.class).ok_or_else(unknown)?;
        let found = class
            .method(&method.name, &method.descriptor)
            .ok_or_else(unknown)?;
        let parameters = descriptor::parameters(&method.descriptor).ok_or_else(unknown)?;
        let pushes = descriptor::words(descriptor::result(&method.descriptor).ok_or_else(unknown)?);
        let has_receiver = matches!(found.kind, MethodKind::Virtual | MethodKind::Interface);
        if arguments.len() != parameters.len() + usize::from(has_receiver) {
            return Err(self.unsupported(format!("{} arguments for {method}", arguments.len())));
        }
        if found.kind == MethodKind::Constructor {
            self.items.push(Item::Pool(
                Opcode::New,
                Symbol::ApiClass(method.class.clone()),
            ));
            self.op(Opcode::Dup);
        }
        let mut rest = arguments;
        if has_receiver && let Some((receiver, others)) = arguments.split_first() {
            self.value(receiver, Form::Exact)?;
            rest = others;
        }
        for (argument, parameter) in rest.iter().zip(&parameters) {
            self.value(
                argument,
                if *parameter == "B" {
                    Form::SignExtended
                } else {
                    Form::Exact
                },
            )?;
        }
        let words: u8 = parameters
            .iter()
            .map(|described| descriptor::words(described))
            .sum();
        let pops = words.saturating_add(u8::from(has_receiver));
        match found.kind {
            MethodKind::Static => self.invoke(
                Opcode::Invokestatic,
                Symbol::ApiStatic(method.clone()),
                pops,
                pushes,
            ),
            MethodKind::Constructor => {
                let pops = pops.saturating_add(1);
                self.invoke(
                    Opcode::Invokespecial,
                    Symbol::ApiStatic(method.clone()),
                    pops,
                    0,
                );
            }
            MethodKind::Virtual => {
                self.invoke(
                    Opcode::Invokevirtual,
                    Symbol::ApiVirtual(method.clone()),
                    pops,
                    pushes,
                );
            }
            MethodKind::Interface => self.items.push(Item::InvokeInterface {
                interface: Symbol::ApiClass(method.class.clone()),
                method: found.token,
                pops,
                pushes,
            }),
        }
        Ok(())
    }
}

/// The words of a result.
fn result_words(result: Option<&Type>) -> u8 {
    match result {
        None => 0,
        Some(Type::Int) => 2,
        Some(_) => 1,
    }
}

const fn binary_opcode(op: BinaryOp) -> Opcode {
    match op {
        BinaryOp::Add | BinaryOp::WrappingAdd => Opcode::Sadd,
        BinaryOp::Sub | BinaryOp::WrappingSub => Opcode::Ssub,
        BinaryOp::Mul | BinaryOp::WrappingMul => Opcode::Smul,
        BinaryOp::Div => Opcode::Sdiv,
        BinaryOp::Rem => Opcode::Srem,
        BinaryOp::And => Opcode::Sand,
        BinaryOp::Or => Opcode::Sor,
        BinaryOp::Xor => Opcode::Sxor,
        BinaryOp::Shl => Opcode::Sshl,
        BinaryOp::Shr => Opcode::Sshr,
        BinaryOp::ShrUnsigned => Opcode::Sushr,
    }
}
