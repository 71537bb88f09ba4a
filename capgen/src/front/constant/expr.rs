//! Expressions and paths of constants.

use super::flow::{nothing, unit};
use super::function::UNTOLD;
use super::operator::{plain, wrap};
use super::{Evaluator, Value};
use crate::front::api;
use crate::front::define::{Def, EnumId};
use crate::front::resolve::{Checked, segments};
use crate::front::ty::{Int, Ty, TypeKey};

impl Evaluator<'_> {
    /// The type that a struct's literal makes.
    fn struct_of(&self, path: &syn::Path, wanted: Option<&Ty>) -> Option<Ty> {
        let names = segments(path);
        if names == ["Self"] {
            return self.context.self_type(self.owner, &self.generics);
        }
        let found = self.context.lookup(self.module, &names);
        found.into_iter().find_map(|def| match def {
            Def::Struct(id) if self.context.is_generic_type(&TypeKey::Struct(id)) => {
                wanted.cloned()
            }
            Def::Struct(id) => Some(self.context.struct_type(id)),
            _ => None,
        })
    }

    /// The fields of a struct, as far as they are known.
    fn fields(&self, ty: &Ty) -> Vec<(String, Ty)> {
        match ty {
            Ty::Struct(id) | Ty::Record(id) => self.context.struct_fields(*id).unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    /// A variant of an enum with data that a path names.
    pub(super) fn data_variant(&self, names: &[String]) -> Option<(EnumId, usize)> {
        let found = self.definitions(names).into_iter();
        found.into_iter().find_map(|def| match def {
            Def::Variant(id, index) if matches!(self.context.enum_type(id), Ty::Data(_)) => {
                Some((id, index))
            }
            _ => None,
        })
    }

    /// What a path stands for; `Self` is the type of the impl block.
    pub(super) fn definitions(&self, names: &[String]) -> Vec<Def> {
        let own = || self.context.self_type(self.owner, &self.generics);
        if let [first, name] = names
            && first == "Self"
            && let Some(key) = own().and_then(|ty| ty.key())
        {
            return self.context.names_of(&key, name);
        }
        self.context.lookup(self.module, names)
    }

    /// A variant of an enum with data, its fields by name.
    pub(super) fn variant(
        &mut self,
        (id, index): (EnumId, usize),
        given: Vec<(String, &syn::Expr)>,
        wanted: Option<&Ty>,
        at: &impl syn::spanned::Spanned,
    ) -> Checked<(Value, Ty)> {
        let key = TypeKey::Enum(id);
        let id = match self.context.wanted_instance(&key, wanted) {
            Some(TypeKey::Enum(instance)) => instance,
            _ if self.context.is_generic_type(&key) => return self.refuse(at),
            _ => id,
        };
        let fields = self.context.data_fields(id)?.swap_remove(index);
        let mut values = Vec::new();
        for (name, ty) in &fields {
            match given.iter().find(|(known, _)| known == name) {
                Some((_, value)) => values.push(self.expr(value, Some(ty))?.0),
                None => return self.refuse(at),
            }
        }
        Ok((Value::Variant(index, values), self.context.enum_type(id)))
    }

    pub(super) fn expr(&mut self, expr: &syn::Expr, wanted: Option<&Ty>) -> Checked<(Value, Ty)> {
        let wanted_or_int = || wanted.cloned().unwrap_or(Ty::IntVar(0));
        match expr {
            syn::Expr::Paren(inner) => self.expr(&inner.expr, wanted),
            syn::Expr::Group(inner) => self.expr(&inner.expr, wanted),
            syn::Expr::Reference(inner) if inner.mutability.is_none() => {
                self.expr(&inner.expr, wanted)
            }
            syn::Expr::Block(block) => match &block.label {
                Some(label) => self.labelled(&block.block, label, wanted),
                None => self.block(&block.block, wanted),
            },
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
                let hints = match wanted {
                    Some(Ty::Tuple(types)) => types.as_slice(),
                    _ => &[],
                };
                let list = tuple
                    .elems
                    .iter()
                    .enumerate()
                    .map(|(at, part)| self.expr(part, hints.get(at)))
                    .collect::<Checked<Vec<_>>>()?;
                let (values, types) = list.into_iter().unzip();
                Ok((Value::Tuple(values), Ty::Tuple(types)))
            }
            syn::Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Deref(_)) => {
                self.expr(&unary.expr, wanted)
            }
            syn::Expr::Unary(unary) => {
                let (value, ty) = self.int(&unary.expr, wanted)?;
                if ty == UNTOLD && matches!(unary.op, syn::UnOp::Not(_)) {
                    return self.untold_width(&unary.expr);
                }
                match unary.op {
                    syn::UnOp::Neg(_) => Ok((Value::Int(-value), ty)),
                    syn::UnOp::Not(_) if ty == Ty::Bool => Ok((Value::Int(1 - value), ty)),
                    syn::UnOp::Not(_) => Ok((Value::Int(wrap(&ty, !value)), ty)),
                    _ => self.refuse(expr),
                }
            }
            syn::Expr::Binary(binary) if plain(&binary.op).is_none() => self.binary(binary, wanted),
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
                if self.leaving.is_some() {
                    return Ok(nothing());
                }
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
                    (syn::Member::Unnamed(at), Value::Tuple(values), ty) => {
                        let at = at.index as usize;
                        let of_part = match ty {
                            Ty::Tuple(types) => types.get(at).cloned(),
                            _ => None,
                        };
                        match values.get(at) {
                            Some(value) => {
                                Ok((value.clone(), of_part.unwrap_or_else(wanted_or_int)))
                            }
                            None => self.refuse(expr),
                        }
                    }
                    (member, base, ty) => {
                        let name = member_name(member);
                        let ty = self
                            .fields(&ty)
                            .into_iter()
                            .find_map(|(field, ty)| (field == name).then_some(ty));
                        match base.field(&name) {
                            Some(value) => Ok((value.clone(), ty.unwrap_or_else(wanted_or_int))),
                            None => self.refuse(expr),
                        }
                    }
                }
            }
            syn::Expr::Struct(literal)
                if let Some((id, index)) = self.data_variant(&segments(&literal.path)) =>
            {
                let fields = literal.fields.iter();
                let values = fields.map(|field| (member_name(&field.member), &field.expr));
                self.variant((id, index), values.collect(), wanted, expr)
            }
            syn::Expr::Struct(literal) => {
                let ty = self.struct_of(&literal.path, wanted);
                let types = ty.as_ref().map(|ty| self.fields(ty)).unwrap_or_default();
                let mut fields = Vec::new();
                if let Some(rest) = &literal.rest {
                    let (Value::Struct(base), _) = self.expr(rest, ty.as_ref())? else {
                        return self.refuse(expr);
                    };
                    fields = base;
                }
                for field in &literal.fields {
                    let name = member_name(&field.member);
                    let hint = types.iter().find(|(known, _)| *known == name);
                    let value = self.expr(&field.expr, hint.map(|(_, ty)| ty))?.0;
                    fields.retain(|(known, _)| *known != name);
                    fields.push((name, value));
                }
                let ty = ty.or_else(|| wanted.cloned()).unwrap_or(Ty::Unit);
                Ok((Value::Struct(fields), ty))
            }
            syn::Expr::Match(branch) => self.match_(branch, wanted),
            syn::Expr::Return(_) | syn::Expr::Break(_) | syn::Expr::Continue(_) => self.leave(expr),
            syn::Expr::If(branch) => self.if_(branch, wanted),
            syn::Expr::While(branch) => self.while_(branch, expr),
            syn::Expr::Loop(branch) => self.loop_(branch, expr),
            syn::Expr::Assign(_) | syn::Expr::Binary(_) => {
                self.effect(expr)?;
                Ok(unit())
            }
            syn::Expr::Path(path) => self.path(path, wanted),
            syn::Expr::Call(call) => self.call(call, wanted),
            syn::Expr::MethodCall(call) => self.method(call, wanted),
            _ => self.refuse(expr),
        }
    }

    pub(super) fn path(
        &mut self,
        path: &syn::ExprPath,
        wanted: Option<&Ty>,
    ) -> Checked<(Value, Ty)> {
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
        if let [ty, name] = names.as_slice()
            && let Some(int) = Int::named(ty)
        {
            {
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
        }
        for def in self.definitions(&names) {
            match def {
                Def::Const(id) => {
                    if self.depth > 64 {
                        return self.refuse(path);
                    }
                    let (ty, value) = self.context.constant_value(id)?;
                    return Ok((value, ty));
                }
                Def::Variant(id, index) if self.data_variant(&names).is_some() => {
                    return self.variant((id, index), Vec::new(), wanted, path);
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
        if names == ["None"] {
            let ty = wanted.cloned().unwrap_or(Ty::Option(Box::new(Ty::Never)));
            return Ok((Value::Option(None), ty));
        }
        self.refuse(path)
    }
}

/// The name of a field, or its number.
pub(super) fn member_name(member: &syn::Member) -> String {
    match member {
        syn::Member::Named(name) => name.to_string(),
        syn::Member::Unnamed(at) => at.index.to_string(),
    }
}
