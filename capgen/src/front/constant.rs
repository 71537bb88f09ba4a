//! The values of constants.

use super::api;
use super::define::{ConstId, Def, FnId, ImplId};
use super::resolve::{Checked, Context, segments};
use super::ty::{Generics, Int, Ty};
use crate::diagnostic::Diagnostic;
use crate::source::ModuleId;

/// A constant's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// An integer, `bool`, C-like enum or newtype.
    Int(i64),
    Array(Vec<Value>),
    Struct(Vec<(String, Value)>),
    Tuple(Vec<Value>),
}

impl Value {
    /// The bytes of an array of bytes.
    pub(crate) fn bytes(&self) -> Option<Vec<u8>> {
        let Value::Array(values) = self else {
            return None;
        };
        values
            .iter()
            .map(|value| {
                if let Value::Int(n) = value {
                    u8::try_from(*n).ok()
                } else {
                    None
                }
            })
            .collect()
    }

    pub(crate) fn field(&self, name: &str) -> Option<&Value> {
        let Value::Struct(fields) = self else {
            return None;
        };
        fields
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value)
    }
}

struct Evaluator<'a> {
    context: &'a Context,
    module: ModuleId,
    owner: Option<ImplId>,
    generics: Generics,
    locals: Vec<(String, Value, Ty)>,
    depth: usize,
    /// Statements that may still be executed.
    fuel: usize,
}

/// As many statements may run to find one constant.
const FUEL: usize = 1_000_000;

impl Context {
    /// The type and value of a constant item.
    pub(crate) fn constant_value(&self, id: ConstId) -> Checked<(Ty, Value)> {
        if let Some(known) = self.constants.borrow().get(&id) {
            return match known {
                Some(value) => Ok(value.clone()),
                None => Err(Diagnostic::new(
                    self.span(
                        self.definitions.consts[id.0].module,
                        &*self.definitions.consts[id.0].value,
                    ),
                    "this constant is made of itself",
                    "a cycle",
                )),
            };
        }
        // Known to be under way.
        self.constants.borrow_mut().insert(id, None);
        let definition = &self.definitions.consts[id.0];
        let found = self
            .resolve_type(definition.module, definition.owner, &definition.ty)
            .and_then(|ty| {
                let value = self.evaluate(
                    definition.module,
                    definition.owner,
                    &Generics::new(),
                    &definition.value,
                    Some(&ty),
                )?;
                Ok((ty, value))
            });
        match &found {
            Ok(value) => self.constants.borrow_mut().insert(id, Some(value.clone())),
            Err(_) => self.constants.borrow_mut().remove(&id),
        };
        found
    }

    /// The value of a constant expression.
    pub(crate) fn evaluate(
        &self,
        module: ModuleId,
        owner: Option<ImplId>,
        generics: &Generics,
        expr: &syn::Expr,
        ty: Option<&Ty>,
    ) -> Checked<Value> {
        let mut evaluator = Evaluator {
            context: self,
            module,
            owner,
            generics: generics.clone(),
            locals: Vec::new(),
            depth: 0,
            fuel: FUEL,
        };
        evaluator.expr(expr, ty).map(|(value, _)| value)
    }

    /// The discriminant of variant `index`.
    pub(crate) fn discriminant(&self, id: super::define::EnumId, index: usize) -> Checked<i64> {
        let definition = &self.definitions.enums[id.0];
        let mut next = 0;
        for (at, variant) in definition.ast.variants.iter().enumerate() {
            if let Some((_, expr)) = &variant.discriminant {
                next = match self.evaluate(
                    definition.module,
                    None,
                    &Generics::new(),
                    expr,
                    Some(&Ty::Int(Int::U8)),
                )? {
                    Value::Int(n) => n,
                    _ => next,
                };
            }
            if !(0..=255).contains(&next) {
                return Err(Diagnostic::new(
                    self.span(definition.module, variant),
                    "a discriminant does not fit a byte",
                    format!("{next}"),
                ));
            }
            if at == index {
                return Ok(next);
            }
            next += 1;
        }
        Ok(next)
    }
}

impl Evaluator<'_> {
    fn refuse<T>(&self, expr: &impl syn::spanned::Spanned) -> Checked<T> {
        Err(Diagnostic::new(
            self.context.span(self.module, expr),
            "this is not a constant that Card Rust can evaluate",
            "not evaluated",
        )
        .help("use literals, other constants, arithmetic, arrays and simple `const fn`s"))
    }

    fn int(&mut self, expr: &syn::Expr, ty: Option<&Ty>) -> Checked<(i64, Ty)> {
        match self.expr(expr, ty)? {
            (Value::Int(n), ty) => Ok((n, ty)),
            _ => self.refuse(expr),
        }
    }

    fn expr(&mut self, expr: &syn::Expr, wanted: Option<&Ty>) -> Checked<(Value, Ty)> {
        let wanted_or_int = || wanted.cloned().unwrap_or(Ty::IntVar(0));
        match expr {
            syn::Expr::Paren(inner) => self.expr(&inner.expr, wanted),
            syn::Expr::Group(inner) => self.expr(&inner.expr, wanted),
            syn::Expr::Reference(inner) => self.expr(&inner.expr, wanted),
            syn::Expr::Block(block) => self.block(&block.block, wanted),
            syn::Expr::Lit(literal) => match &literal.lit {
                syn::Lit::Int(int) => {
                    let value = int.base10_parse::<i64>().or_else(|_| self.refuse(expr))?;
                    let ty = Int::named(int.suffix()).map_or_else(wanted_or_int, Ty::Int);
                    Ok((Value::Int(value), ty))
                }
                syn::Lit::Byte(byte) => Ok((Value::Int(i64::from(byte.value())), Ty::Int(Int::U8))),
                syn::Lit::Bool(value) => Ok((Value::Int(i64::from(value.value)), Ty::Bool)),
                syn::Lit::ByteStr(bytes) => {
                    let bytes = bytes.value();
                    let ty = Ty::Array(Box::new(Ty::Int(Int::U8)), bytes.len());
                    Ok((
                        Value::Array(
                            bytes
                                .into_iter()
                                .map(|b| Value::Int(i64::from(b)))
                                .collect(),
                        ),
                        ty,
                    ))
                }
                _ => self.refuse(expr),
            },
            syn::Expr::Array(array) => {
                let element = match wanted {
                    Some(Ty::Array(element, _) | Ty::Slice(element)) => Some((**element).clone()),
                    _ => None,
                };
                let mut values = Vec::new();
                let mut ty = element.clone().unwrap_or(Ty::Int(Int::U8));
                for value in &array.elems {
                    let (value, found) = self.expr(value, element.as_ref())?;
                    values.push(value);
                    ty = found;
                }
                let length = values.len();
                Ok((Value::Array(values), Ty::Array(Box::new(ty), length)))
            }
            syn::Expr::Repeat(repeat) => {
                let element = match wanted {
                    Some(Ty::Array(element, _) | Ty::Slice(element)) => Some((**element).clone()),
                    _ => None,
                };
                let (value, ty) = self.expr(&repeat.expr, element.as_ref())?;
                let (length, _) = self.int(&repeat.len, Some(&Ty::Int(Int::Usize)))?;
                let Ok(length) = usize::try_from(length.clamp(0, 0x8000)) else {
                    return self.refuse(expr);
                };
                Ok((
                    Value::Array(vec![value; length]),
                    Ty::Array(Box::new(ty), length),
                ))
            }
            syn::Expr::Tuple(tuple) => {
                let list = tuple
                    .elems
                    .iter()
                    .map(|e| self.expr(e, None))
                    .collect::<Checked<Vec<_>>>()?;
                let (values, types) = list.into_iter().unzip();
                Ok((Value::Tuple(values), Ty::Tuple(types)))
            }
            syn::Expr::Unary(unary) => {
                let (value, ty) = self.int(&unary.expr, wanted)?;
                match unary.op {
                    syn::UnOp::Neg(_) => Ok((Value::Int(-value), ty)),
                    syn::UnOp::Not(_) if ty == Ty::Bool => Ok((Value::Int(1 - value), ty)),
                    syn::UnOp::Not(_) => Ok((Value::Int(wrap(&ty, !value)), ty)),
                    syn::UnOp::Deref(_) => Ok((Value::Int(value), ty)),
                    _ => self.refuse(expr),
                }
            }
            syn::Expr::Binary(binary) => self.binary(binary, wanted),
            syn::Expr::Cast(cast) => {
                let (value, _) = self.int(&cast.expr, None)?;
                let ty =
                    self.context
                        .resolve_with(self.module, self.owner, &self.generics, &cast.ty)?;
                Ok((Value::Int(wrap(&ty, value)), ty))
            }
            syn::Expr::Index(index) => {
                let (base, ty) = self.expr(&index.expr, None)?;
                let (at, _) = self.int(&index.index, None)?;
                let (Value::Array(values), Ok(at)) = (base, usize::try_from(at)) else {
                    return self.refuse(expr);
                };
                let element = match ty {
                    Ty::Array(element, _) | Ty::Slice(element) => *element,
                    _ => wanted_or_int(),
                };
                values
                    .get(at)
                    .cloned()
                    .map_or_else(|| self.refuse(expr), |value| Ok((value, element)))
            }
            syn::Expr::Field(field) => {
                let (base, ty) = self.expr(&field.base, None)?;
                match (&field.member, base, ty) {
                    (syn::Member::Unnamed(_), Value::Int(n), Ty::Newtype(id)) => {
                        Ok((Value::Int(n), self.context.newtype_inner(id)?))
                    }
                    (syn::Member::Unnamed(at), Value::Tuple(values), _) => values
                        .get(at.index as usize)
                        .cloned()
                        .map_or_else(|| self.refuse(expr), |value| Ok((value, wanted_or_int()))),
                    (syn::Member::Named(name), base, _) => base
                        .field(&name.to_string())
                        .cloned()
                        .map_or_else(|| self.refuse(expr), |value| Ok((value, wanted_or_int()))),
                    _ => self.refuse(expr),
                }
            }
            syn::Expr::Struct(literal) => {
                let mut fields = Vec::new();
                for field in &literal.fields {
                    let syn::Member::Named(name) = &field.member else {
                        return self.refuse(expr);
                    };
                    fields.push((name.to_string(), self.expr(&field.expr, None)?.0));
                }
                Ok((Value::Struct(fields), wanted.cloned().unwrap_or(Ty::Unit)))
            }
            syn::Expr::If(branch) => {
                let (condition, _) = self.int(&branch.cond, Some(&Ty::Bool))?;
                match (&branch.else_branch, condition) {
                    (_, 1) => self.block(&branch.then_branch, wanted),
                    (Some((_, other)), _) => self.expr(other, wanted),
                    (None, _) => self.refuse(expr),
                }
            }
            syn::Expr::Path(path) => self.path(path, wanted),
            syn::Expr::Call(call) => self.call(call),
            syn::Expr::MethodCall(call)
                if matches!(
                    call.method.to_string().as_str(),
                    "wrapping_add" | "wrapping_sub" | "wrapping_mul"
                ) =>
            {
                self.wrapping(call, wanted)
            }
            syn::Expr::MethodCall(call) if call.method == "len" && call.args.is_empty() => {
                match self.expr(&call.receiver, None)? {
                    (Value::Array(values), _) => Ok((
                        Value::Int(i64::try_from(values.len()).unwrap_or(i64::MAX)),
                        Ty::Int(Int::Usize),
                    )),
                    _ => self.refuse(expr),
                }
            }
            _ => self.refuse(expr),
        }
    }

    fn block(&mut self, block: &syn::Block, wanted: Option<&Ty>) -> Checked<(Value, Ty)> {
        let known = self.locals.len();
        let mut value = Ok((Value::Tuple(Vec::new()), Ty::Unit));
        for (index, statement) in block.stmts.iter().enumerate() {
            let last = index + 1 == block.stmts.len();
            match statement {
                syn::Stmt::Expr(expr, None) if last && !has_no_value(expr) => {
                    value = self.expr(expr, wanted);
                }
                _ => {
                    if let Err(error) = self.statement(statement) {
                        value = Err(error);
                        break;
                    }
                }
            }
        }
        self.locals.truncate(known);
        value
    }

    /// A statement of a `const fn`.
    fn statement(&mut self, statement: &syn::Stmt) -> Checked<()> {
        match statement {
            syn::Stmt::Local(local) => {
                let (pattern, ty) = match &local.pat {
                    syn::Pat::Type(typed) => {
                        let ty = self
                            .context
                            .resolve_type(self.module, self.owner, &typed.ty)?;
                        (&*typed.pat, Some(ty))
                    }
                    other => (other, None),
                };
                let (syn::Pat::Ident(name), Some(init)) = (pattern, &local.init) else {
                    return self.refuse(local);
                };
                if init.diverge.is_some() {
                    return self.refuse(local);
                }
                let (value, found) = self.expr(&init.expr, ty.as_ref())?;
                let ty = ty.unwrap_or(found);
                if untold(&ty) {
                    return Err(Diagnostic::new(
                        self.context.span(self.module, &local.pat),
                        "the type of this integer is not told",
                        "its width decides what the constant is",
                    )
                    .help("write the type: `let mut x: u16 = 0;`"));
                }
                self.locals.push((name.ident.to_string(), value, ty));
                Ok(())
            }
            syn::Stmt::Expr(expr, _) => self.effect(expr),
            _ => self.refuse(statement),
        }
    }

    /// An expression for what it does.
    fn effect(&mut self, expr: &syn::Expr) -> Checked<()> {
        self.fuel = self.fuel.saturating_sub(1);
        if self.fuel == 0 {
            return Err(Diagnostic::new(
                self.context.span(self.module, expr),
                "this constant is not found in reasonable time",
                "still running",
            )
            .help("write the value, or find it in fewer steps"));
        }
        match expr {
            syn::Expr::Paren(inner) => self.effect(&inner.expr),
            syn::Expr::Assign(assign) => {
                let (_, ty) = self.expr(&assign.left, None)?;
                let (value, _) = self.expr(&assign.right, Some(&ty))?;
                self.assign(&assign.left, value)
            }
            syn::Expr::Binary(binary) => {
                let Some(op) = plain(&binary.op) else {
                    return self.refuse(expr);
                };
                let plain = syn::ExprBinary {
                    op,
                    ..binary.clone()
                };
                let (value, _) = self.binary(&plain, None)?;
                self.assign(&binary.left, value)
            }
            syn::Expr::If(branch) => {
                let (condition, _) = self.int(&branch.cond, Some(&Ty::Bool))?;
                match (&branch.else_branch, condition) {
                    (_, 1) => self.block(&branch.then_branch, None).map(|_| ()),
                    (Some((_, other)), _) => self.effect(other),
                    (None, _) => Ok(()),
                }
            }
            syn::Expr::Block(block) => self.block(&block.block, None).map(|_| ()),
            syn::Expr::While(branch) if branch.label.is_none() => {
                while self.int(&branch.cond, Some(&Ty::Bool))?.0 == 1 {
                    self.fuel = self.fuel.saturating_sub(1);
                    if self.fuel == 0 {
                        return self.effect(expr);
                    }
                    self.block(&branch.body, None)?;
                }
                Ok(())
            }
            _ => self.refuse(expr),
        }
    }

    /// Puts a value into a local or into an element of one.
    fn assign(&mut self, place: &syn::Expr, value: Value) -> Checked<()> {
        let mut target = place;
        let mut path = Vec::new();
        while let syn::Expr::Index(index) = target {
            let (at, _) = self.int(&index.index, Some(&Ty::Int(Int::Usize)))?;
            path.push(usize::try_from(at).unwrap_or(usize::MAX));
            target = &index.expr;
        }
        let syn::Expr::Path(name) = target else {
            return self.refuse(place);
        };
        let found = self
            .locals
            .iter_mut()
            .rev()
            .find(|(local, _, _)| name.path.is_ident(local));
        let mut slot = found.map(|(_, value, _)| value);
        for at in path.into_iter().rev() {
            slot = match slot {
                Some(Value::Array(values)) => values.get_mut(at),
                _ => None,
            };
        }
        match slot {
            Some(slot) => {
                *slot = value;
                Ok(())
            }
            None => self.refuse(place),
        }
    }

    fn binary(&mut self, binary: &syn::ExprBinary, wanted: Option<&Ty>) -> Checked<(Value, Ty)> {
        use syn::BinOp;
        let comparison = matches!(
            binary.op,
            BinOp::Eq(_) | BinOp::Ne(_) | BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_)
        );
        let (a, mut ty) = self.int(&binary.left, if comparison { None } else { wanted })?;
        let (b, other) = self.int(&binary.right, Some(&ty))?;
        if matches!(ty, Ty::IntVar(_)) && !matches!(binary.op, BinOp::Shl(_) | BinOp::Shr(_)) {
            ty = other;
        }
        let truth = |value: bool| Ok((Value::Int(i64::from(value)), Ty::Bool));
        let value = match binary.op {
            BinOp::Add(_) => a.checked_add(b),
            BinOp::Sub(_) => a.checked_sub(b),
            BinOp::Mul(_) => a.checked_mul(b),
            BinOp::Div(_) => a.checked_div(b),
            BinOp::Rem(_) => a.checked_rem(b),
            BinOp::BitAnd(_) => Some(a & b),
            BinOp::BitOr(_) => Some(a | b),
            BinOp::BitXor(_) => Some(a ^ b),
            BinOp::Shl(_) => u32::try_from(b)
                .ok()
                .and_then(|b| a.checked_shl(b))
                .map(|v| wrap(&ty, v)),
            BinOp::Shr(_) => u32::try_from(b).ok().and_then(|b| a.checked_shr(b)),
            BinOp::And(_) => Some(a & b),
            BinOp::Or(_) => Some(a | b),
            BinOp::Eq(_) => return truth(a == b),
            BinOp::Ne(_) => return truth(a != b),
            BinOp::Lt(_) => return truth(a < b),
            BinOp::Le(_) => return truth(a <= b),
            BinOp::Gt(_) => return truth(a > b),
            BinOp::Ge(_) => return truth(a >= b),
            _ => None,
        };
        let Some(value) = value else {
            return self.refuse(binary);
        };
        if let Ty::Int(int) = ty {
            let (low, high) = int.range();
            if !(low..=high).contains(&value) {
                return Err(Diagnostic::new(
                    self.context.span(self.module, binary),
                    format!("this constant does not fit `{}`", int.name()),
                    format!("{value}"),
                ));
            }
        }
        Ok((Value::Int(value), ty))
    }

    fn wrapping(
        &mut self,
        call: &syn::ExprMethodCall,
        wanted: Option<&Ty>,
    ) -> Checked<(Value, Ty)> {
        let (a, ty) = self.int(&call.receiver, wanted)?;
        let (Some(other), Ty::Int(int)) = (call.args.first(), &ty) else {
            return self.refuse(call);
        };
        // The host's `usize` is wider.
        if *int == Int::Usize {
            return self.refuse(call);
        }
        let (b, _) = self.int(other, Some(&ty))?;
        let value = match call.method.to_string().as_str() {
            "wrapping_add" => a + b,
            "wrapping_sub" => a - b,
            _ => a.wrapping_mul(b),
        };
        Ok((Value::Int(int.wrap(value)), ty))
    }

    fn path(&mut self, path: &syn::ExprPath, wanted: Option<&Ty>) -> Checked<(Value, Ty)> {
        let names = segments(&path.path);
        if let [name] = names.as_slice()
            && let Some((_, value, ty)) =
                self.locals.iter().rev().find(|(local, _, _)| local == name)
        {
            return Ok((value.clone(), ty.clone()));
        }
        if let [name] = names.as_slice()
            && let Some(Ty::Number(value, ty)) = self.generics.get(name)
        {
            return Ok((Value::Int(*value), (**ty).clone()));
        }
        for def in self
            .context
            .of_parameter(&self.generics, &names)
            .unwrap_or_default()
        {
            if let Def::Const(id) = def {
                let (ty, value) = self.context.constant_value(id)?;
                return Ok((value, ty));
            }
        }
        if let [ty, name] = names.as_slice() {
            if let Some(int) = Int::named(ty) {
                let (low, high) = int.range();
                match name.as_str() {
                    "MAX" => return Ok((Value::Int(high), Ty::Int(int))),
                    "MIN" => return Ok((Value::Int(low), Ty::Int(int))),
                    "BITS" if let Some(bits) = int.bits() => {
                        return Ok((Value::Int(bits), Ty::Int(Int::U32)));
                    }
                    _ => {}
                }
            }
            if ty == "Self"
                && let Some(key) = self
                    .owner
                    .and_then(|owner| self.context.impl_type(owner).key())
            {
                for def in self.context.member_of(&key, name) {
                    if let Def::Const(id) = def {
                        let (ty, value) = self.context.constant_value(id)?;
                        return Ok((value, ty));
                    }
                }
            }
        }
        for def in self.context.lookup(self.module, &names) {
            match def {
                Def::Const(id) => {
                    if self.depth > 64 {
                        return self.refuse(path);
                    }
                    let (ty, value) = self.context.constant_value(id)?;
                    return Ok((value, ty));
                }
                Def::Variant(id, index) => {
                    return Ok((
                        Value::Int(self.context.discriminant(id, index)?),
                        Ty::Enum(id),
                    ));
                }
                Def::Java(full) => {
                    if let Some((class, name)) = full.rsplit_once('/')
                        && let Some((ty, value)) = api::constant(class, name)
                    {
                        return Ok((Value::Int(value), ty));
                    }
                }
                _ => {}
            }
        }
        let _ = wanted;
        self.refuse(path)
    }

    fn call(&mut self, call: &syn::ExprCall) -> Checked<(Value, Ty)> {
        let syn::Expr::Path(path) = &*call.func else {
            return self.refuse(call);
        };
        let names = segments(&path.path);
        let own = || {
            self.owner
                .map(|owner| self.context.impl_type(owner).clone())
        };
        if names == ["Self"]
            && let (Some(Ty::Newtype(id)), Some(argument)) = (own(), call.args.first())
        {
            let inner = self.context.newtype_inner(id)?;
            return Ok((self.expr(argument, Some(&inner))?.0, Ty::Newtype(id)));
        }
        let mut defs = self.context.lookup(self.module, &names);
        if let ([first, name], Some(key)) = (names.as_slice(), own().and_then(|ty| ty.key()))
            && first == "Self"
        {
            defs = self.context.member_of(&key, name);
        }
        for def in defs {
            match def {
                Def::Struct(id) => {
                    if let (Ty::Newtype(_), Some(argument)) =
                        (self.context.struct_type(id), call.args.first())
                    {
                        let inner = self.context.newtype_inner(id)?;
                        return Ok((self.expr(argument, Some(&inner))?.0, Ty::Newtype(id)));
                    }
                }
                Def::Fn(id) => return self.const_fn(id, call),
                _ => {}
            }
        }
        self.refuse(call)
    }

    /// A `const fn`: expressions, `let`, assignments, `if` and `while`.
    fn const_fn(&mut self, id: FnId, call: &syn::ExprCall) -> Checked<(Value, Ty)> {
        let function = self.context.fn_def(id);
        if self.depth > 64 {
            return self.refuse(call);
        }
        let mut locals = Vec::new();
        for (parameter, argument) in function.signature.inputs.iter().zip(&call.args) {
            let syn::FnArg::Typed(parameter) = parameter else {
                return self.refuse(call);
            };
            let syn::Pat::Ident(name) = &*parameter.pat else {
                return self.refuse(call);
            };
            let ty = self.context.resolve_with(
                function.module,
                function.owner,
                &Generics::new(),
                &parameter.ty,
            )?;
            locals.push((
                name.ident.to_string(),
                self.expr(argument, Some(&ty))?.0,
                ty,
            ));
        }
        let result = match &function.signature.output {
            syn::ReturnType::Type(_, ty) => Some(self.context.resolve_type(
                function.module,
                function.owner,
                ty,
            )?),
            syn::ReturnType::Default => None,
        };
        let mut inner = Evaluator {
            context: self.context,
            module: function.module,
            owner: function.owner,
            generics: Generics::new(),
            locals,
            depth: self.depth + 1,
            fuel: self.fuel,
        };
        let found = inner.block(&function.body, result.as_ref());
        self.fuel = inner.fuel;
        let (value, ty) = found?;
        Ok((value, result.unwrap_or(ty)))
    }
}

/// Whether a type holds an integer whose width nothing tells.
fn untold(ty: &Ty) -> bool {
    match ty {
        Ty::IntVar(_) => true,
        Ty::Array(element, _) => untold(element),
        Ty::Tuple(list) => list.iter().any(untold),
        _ => false,
    }
}

fn has_no_value(expr: &syn::Expr) -> bool {
    match expr {
        syn::Expr::While(_) | syn::Expr::Assign(_) => true,
        syn::Expr::If(branch) => branch.else_branch.is_none(),
        _ => false,
    }
}

/// The operation of one that assigns.
fn plain(op: &syn::BinOp) -> Option<syn::BinOp> {
    use syn::BinOp;
    let token = proc_macro2::Span::call_site();
    Some(match op {
        BinOp::AddAssign(_) => BinOp::Add(syn::token::Plus(token)),
        BinOp::SubAssign(_) => BinOp::Sub(syn::token::Minus(token)),
        BinOp::MulAssign(_) => BinOp::Mul(syn::token::Star(token)),
        BinOp::DivAssign(_) => BinOp::Div(syn::token::Slash(token)),
        BinOp::RemAssign(_) => BinOp::Rem(syn::token::Percent(token)),
        BinOp::BitAndAssign(_) => BinOp::BitAnd(syn::token::And(token)),
        BinOp::BitOrAssign(_) => BinOp::BitOr(syn::token::Or(token)),
        BinOp::BitXorAssign(_) => BinOp::BitXor(syn::token::Caret(token)),
        BinOp::ShlAssign(_) => BinOp::Shl(syn::token::Shl(token)),
        BinOp::ShrAssign(_) => BinOp::Shr(syn::token::Shr(token)),
        _ => return None,
    })
}

fn wrap(ty: &Ty, value: i64) -> i64 {
    match ty {
        Ty::Int(int) => int.wrap(value),
        _ => value,
    }
}
