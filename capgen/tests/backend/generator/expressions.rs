//! Expressions of a type, from what is in scope.

use super::{DEMO, ELEMENTS, FunctionMaker, PART, SCALARS, THIS};
use capgen::ir::{BinaryOp, Callee, CompareOp, Expr, Function, FunctionId, LocalId, Type, UnaryOp};

impl FunctionMaker<'_> {
    pub(super) fn constant_value(&mut self, ty: &Type) -> i32 {
        let (low, high) = ty.range().unwrap();
        let around = [
            0, 1, 2, 5, 6, 127, 128, 129, 255, 256, 32767, 32768, 40000, 65535, -1, -2, -128,
            -32768,
        ];
        let value = *self.random.pick(&around);
        if value >= low && value <= high {
            value
        } else {
            low + value.rem_euclid(high - low + 1)
        }
    }

    pub(super) fn constant(&mut self, ty: &Type) -> Expr {
        Expr::Const(ty.clone(), self.constant_value(ty))
    }

    /// A call of an earlier function; `result` asks for its type.
    pub(super) fn call(&mut self, result: Option<&Type>) -> Option<Expr> {
        let fits = |function: &&(usize, &Function)| {
            function.0 >= 2 && result.is_none_or(|ty| function.1.result.as_ref() == Some(ty))
        };
        let all: Vec<(usize, &Function)> = self.program.functions.iter().enumerate().collect();
        let candidates: Vec<_> = all
            .iter()
            .filter(fits)
            .map(|(index, function)| (*index, *function))
            .collect();
        if candidates.is_empty() {
            return None;
        }
        let (index, function) = *self.random.pick(&candidates);
        let receiver = match function.locals[0].ty {
            Type::Class(DEMO) if self.receiver == DEMO => Expr::Local(THIS),
            Type::Class(PART) => self.object().0,
            _ => return None,
        };
        let mut arguments = vec![receiver];
        for parameter in &function.parameters[1..] {
            let ty = function.locals[parameter.0].ty.clone();
            arguments.push(self.value(&ty, 1));
        }
        Some(Expr::Call(
            Callee::Function(FunctionId(index)),
            arguments,
            function.result.clone(),
        ))
    }

    fn leaf(&mut self, ty: &Type) -> Expr {
        let same: Vec<LocalId> = self
            .scope
            .iter()
            .map(|(local, _)| *local)
            .filter(|local| self.locals[local.0].ty == *ty)
            .collect();
        match self.random.below(5) {
            0 | 1 if !same.is_empty() => Expr::Local(*self.random.pick(&same)),
            2 => {
                let index = SCALARS.iter().position(|other| other == ty).unwrap();
                let (object, class) = self.object();
                Expr::Field(Box::new(object), index, class)
            }
            3 => match ELEMENTS
                .iter()
                .position(|element| element.value_type() == *ty)
            {
                Some(index) => {
                    let array = if self.random.below(3) == 0 {
                        Expr::ConstArray(capgen::ir::ArrayId(index))
                    } else {
                        self.field_array(index)
                    };
                    let at = self.index(0);
                    Expr::Element(ELEMENTS[index].clone(), Box::new(array), Box::new(at))
                }
                None => self.constant(ty),
            },
            _ => self.constant(ty),
        }
    }

    /// An expression of a type.
    pub(super) fn value(&mut self, ty: &Type, depth: u32) -> Expr {
        if depth == 0 || self.random.below(6) == 0 {
            return self.leaf(ty);
        }
        if self.random.below(10) == 0
            && let Some(call) = self.call(Some(ty))
        {
            return call;
        }
        match ty {
            Type::Bool => self.truth(depth),
            Type::Usize => self.size(depth),
            _ if self.random.below(4) == 0 => self.cast(ty, depth),
            _ => self.arithmetic(ty, depth),
        }
    }

    fn cast(&mut self, to: &Type, depth: u32) -> Expr {
        let from = self.random.pick(&SCALARS).clone();
        let value = Box::new(self.value(&from, depth - 1));
        Expr::Cast {
            from,
            to: to.clone(),
            value,
        }
    }

    fn truth(&mut self, depth: u32) -> Expr {
        match self.random.below(5) {
            0 => {
                let op = *self
                    .random
                    .pick(&[BinaryOp::And, BinaryOp::Or, BinaryOp::Xor]);
                self.pair(op, &Type::Bool, depth)
            }
            1 => Expr::Unary(
                UnaryOp::Not,
                Type::Bool,
                Box::new(self.value(&Type::Bool, depth - 1)),
            ),
            _ => {
                use CompareOp::{Eq, Ge, Gt, Le, Lt, Ne};
                let op = *self.random.pick(&[Eq, Ne, Lt, Le, Gt, Ge]);
                let ty = self.random.pick(&SCALARS).clone();
                let left = self.value(&ty, depth - 1);
                let right = if self.random.below(2) == 0 {
                    self.constant(&ty)
                } else {
                    self.value(&ty, depth - 1)
                };
                Expr::Compare(op, ty, Box::new(left), Box::new(right))
            }
        }
    }

    fn pair(&mut self, op: BinaryOp, ty: &Type, depth: u32) -> Expr {
        let left = self.value(ty, depth - 1);
        let right = self.value(ty, depth - 1);
        Expr::Binary(op, ty.clone(), Box::new(left), Box::new(right))
    }

    /// A `usize` from a masked `u16`.
    fn size(&mut self, depth: u32) -> Expr {
        let value = self.value(&Type::U16, depth - 1);
        let mask = Expr::Const(Type::U16, *self.random.pick(&[0x7f, 0xff, 0x7fff]));
        let value = Box::new(Expr::Binary(
            BinaryOp::And,
            Type::U16,
            Box::new(value),
            Box::new(mask),
        ));
        Expr::Cast {
            from: Type::U16,
            to: Type::Usize,
            value,
        }
    }

    fn arithmetic(&mut self, ty: &Type, depth: u32) -> Expr {
        use BinaryOp::{
            And, Div, Mul, Or, Rem, Shl, Shr, WrappingAdd, WrappingMul, WrappingSub, Xor,
        };
        match self.random.below(7) {
            0 | 1 => {
                let op = *self.random.pick(&[And, Or, Xor]);
                self.pair(op, ty, depth)
            }
            2 | 3 => {
                let op = *self.random.pick(&[WrappingAdd, WrappingSub, WrappingMul]);
                self.pair(op, ty, depth)
            }
            4 => {
                let op = *self.random.pick(&[Shl, Shr]);
                let left = self.value(ty, depth - 1);
                let bits = i32::try_from(ty.bits()).unwrap();
                let distance = if self.random.below(3) == 0 {
                    let distance = self.value(&Type::U8, depth - 1);
                    let mask = Expr::Const(Type::U8, bits - 1);
                    Expr::Binary(And, Type::U8, Box::new(distance), Box::new(mask))
                } else {
                    Expr::Const(
                        Type::U8,
                        i32::try_from(self.random.below(ty.bits())).unwrap(),
                    )
                };
                Expr::Binary(op, ty.clone(), Box::new(left), Box::new(distance))
            }
            5 => {
                // Neither by zero nor the least by -1.
                let op = *self.random.pick(&[Div, Rem]);
                let left = self.value(ty, depth - 1);
                let right = self.value(ty, depth - 1);
                let one = if ty.is_signed() {
                    ty.range().unwrap().1
                } else {
                    1
                };
                let right = if ty.is_signed() {
                    let positive = Expr::Binary(
                        And,
                        ty.clone(),
                        Box::new(right),
                        Box::new(Expr::Const(ty.clone(), one)),
                    );
                    Expr::Binary(
                        Or,
                        ty.clone(),
                        Box::new(positive),
                        Box::new(Expr::Const(ty.clone(), 1)),
                    )
                } else {
                    Expr::Binary(
                        Or,
                        ty.clone(),
                        Box::new(right),
                        Box::new(Expr::Const(ty.clone(), one)),
                    )
                };
                Expr::Binary(op, ty.clone(), Box::new(left), Box::new(right))
            }
            _ => self.in_range(ty, depth, Mul),
        }
    }

    /// `Add`, `Sub`, `Mul`, `Neg` and `Not` of operands for which the result is in range.
    fn in_range(&mut self, ty: &Type, depth: u32, mul: BinaryOp) -> Expr {
        let small = |maker: &mut Self, mask: i32| {
            let value = maker.value(ty, depth - 1);
            Box::new(Expr::Binary(
                BinaryOp::And,
                ty.clone(),
                Box::new(value),
                Box::new(Expr::Const(ty.clone(), mask)),
            ))
        };
        let (_, high) = ty.range().unwrap();
        match self.random.below(5) {
            0 => {
                let (left, right) = (small(self, high / 4), small(self, high / 2));
                Expr::Binary(BinaryOp::Add, ty.clone(), left, right)
            }
            1 => {
                let left = small(self, high / 4);
                let left = Expr::Binary(
                    BinaryOp::Or,
                    ty.clone(),
                    left,
                    Box::new(Expr::Const(ty.clone(), high / 2 + 1)),
                );
                let right = small(self, high / 4);
                Expr::Binary(BinaryOp::Sub, ty.clone(), Box::new(left), right)
            }
            2 => {
                let (left, right) = (small(self, 7), small(self, 15));
                Expr::Binary(mul, ty.clone(), left, right)
            }
            3 if ty.is_signed() => Expr::Unary(UnaryOp::Neg, ty.clone(), small(self, high)),
            _ => Expr::Unary(
                UnaryOp::Not,
                ty.clone(),
                Box::new(self.value(ty, depth - 1)),
            ),
        }
    }
}
