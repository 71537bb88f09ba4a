//! Two bytes that stand beside one another are read and written as the `short` that they are
//! (`Util.getShort`, `Util.setShort`); a local that is one number or another by a condition is computed from
//! the condition.

use super::effects::{is_droppable, is_get_buffer};
use crate::ir::{
    ApiMethod, BinaryOp, Block, BlockId, Callee, Element, Expr, Function, LocalId, Statement,
    Terminator, Type,
};

/// Does so for one function; whether there was something to combine.
pub(super) fn combine(function: &mut Function) -> bool {
    let mut is_changed = false;
    function.walk_mut(&mut |expr| {
        if let Some(short) = read(expr) {
            *expr = short;
            is_changed = true;
        }
    });
    for block in &mut function.blocks {
        is_changed |= write(block);
    }
    is_changed | choose(function)
}

/// `Util.getShort(byte[], short)`: reads like an element does.
pub(super) fn is_get_short(method: &ApiMethod) -> bool {
    method.class == UTIL && method.name == "getShort"
}

const UTIL: &str = "javacard/framework/Util";

fn util(name: &str, descriptor: &str) -> Callee {
    Callee::Api(ApiMethod {
        class: UTIL.to_owned(),
        name: name.to_owned(),
        descriptor: descriptor.to_owned(),
    })
}

/// `(a[i] as u16) << 8 | a[i + 1] as u16`, also as a sum, and in either order.
fn read(expr: &Expr) -> Option<Expr> {
    use BinaryOp::{Add, Or, WrappingAdd, Xor};
    let Expr::Binary(Or | Xor | Add | WrappingAdd, ty @ (Type::U16 | Type::I16), left, right) =
        expr
    else {
        return None;
    };
    let (high, low) = match (&**left, &**right) {
        (Expr::Binary(BinaryOp::Shl, _, high, by), low)
        | (low, Expr::Binary(BinaryOp::Shl, _, high, by))
            if matches!(**by, Expr::Const(_, 8)) =>
        {
            (&**high, low)
        }
        _ => return None,
    };
    let ((array, first), (other, second)) = (widened(high)?, widened(low)?);
    let is_pair = array == other && follows(first, second);
    (is_pair && is_droppable(array) && is_droppable(first)).then(|| {
        let arguments = vec![array.clone(), first.clone()];
        let short = Expr::Call(util("getShort", "([BS)S"), arguments, Some(Type::I16));
        match ty {
            Type::I16 => short,
            _ => Expr::Cast {
                from: Type::I16,
                to: ty.clone(),
                value: Box::new(short),
            },
        }
    })
}

/// The array and the index of a `u8` element that becomes a wider number.
fn widened(expr: &Expr) -> Option<(&Expr, &Expr)> {
    match expr {
        Expr::Cast {
            from: Type::U8,
            value,
            ..
        } => match &**value {
            Expr::Element(Element::U8, array, index) => Some((array, index)),
            _ => None,
        },
        _ => None,
    }
}

/// Whether the second index is the first and one.
fn follows(first: &Expr, second: &Expr) -> bool {
    fn parts(expr: &Expr) -> (Option<&Expr>, i32) {
        match expr {
            Expr::Const(_, value) => (None, *value),
            Expr::Binary(op @ (BinaryOp::Add | BinaryOp::Sub), _, base, by) => match (op, &**by) {
                (BinaryOp::Add, Expr::Const(_, by)) => (Some(base), *by),
                (_, Expr::Const(_, by)) => (Some(base), -*by),
                _ => (Some(expr), 0),
            },
            _ => (Some(expr), 0),
        }
    }
    let ((base, offset), (other, behind)) = (parts(first), parts(second));
    base == other && behind == offset + 1
}

/// `a[i] = (v >> 8) as u8; a[i + 1] = v as u8`
fn write(block: &mut Block) -> bool {
    let mut is_changed = false;
    let mut at = 0;
    while let Some([(first, _), (second, _)]) = block.statements.get(at..at + 2) {
        if let Some(call) = written(first, second) {
            block.statements.remove(at + 1);
            if let Some((statement, _)) = block.statements.get_mut(at) {
                *statement = Statement::Eval(call);
            }
            is_changed = true;
        }
        at += 1;
    }
    is_changed
}

fn written(first: &Statement, second: &Statement) -> Option<Expr> {
    let Statement::SetElement(Element::U8, array, index, high) = first else {
        return None;
    };
    let Statement::SetElement(Element::U8, other, next, low) = second else {
        return None;
    };
    let (high, low) = (narrowed(high)?, narrowed(low)?);
    let Expr::Binary(BinaryOp::Shr, _, value, by) = high else {
        return None;
    };
    let is_pair = array == other && follows(index, next);
    let is_word = matches!(**by, Expr::Const(_, 8)) && **value == *low;
    // The first byte must not change what is written next, nor where.
    let stays = [array, index, &**value].into_iter().all(is_untouched);
    (is_pair && is_word && stays).then(|| {
        let arguments = vec![array.clone(), index.clone(), low.clone()];
        Expr::Call(util("setShort", "([BSS)S"), arguments, Some(Type::Usize))
    })
}

/// The 16-bit number whose low byte is taken.
fn narrowed(expr: &Expr) -> Option<&Expr> {
    match expr {
        Expr::Cast {
            from: Type::U16 | Type::I16 | Type::Usize,
            to: Type::U8,
            value,
        } => Some(value),
        _ => None,
    }
}

/// Whether the value is the same after an element of some array is written.
fn is_untouched(expr: &Expr) -> bool {
    let mut is_untouched = is_droppable(expr);
    expr.walk(&mut |expr| {
        is_untouched &= match expr {
            Expr::Element(..) => false,
            Expr::Call(Callee::Api(method), ..) => is_get_buffer(method),
            _ => true,
        };
    });
    is_untouched
}

/// `if c { x = 1 } else { x = 0 }` with an integer `x` is `x = c as …`.
fn choose(function: &mut Function) -> bool {
    let mut is_changed = false;
    for index in 0..function.blocks.len() {
        let Some(block) = function.blocks.get(index) else {
            continue;
        };
        let Terminator::If(condition, yes, no) = &block.terminator else {
            continue;
        };
        let (Some((local, one, after)), Some((other, zero, behind))) =
            (constant_arm(function, *yes), constant_arm(function, *no))
        else {
            continue;
        };
        let condition = match (one, zero) {
            (1, 0) => condition.clone(),
            (0, 1) => condition.clone().negated(),
            _ => continue,
        };
        let Some(ty) = function.locals.get(local.0).map(|local| local.ty.clone()) else {
            continue;
        };
        if local != other || after != behind || !ty.is_integer() {
            continue;
        }
        let value = Expr::Cast {
            from: Type::Bool,
            to: ty,
            value: Box::new(condition),
        };
        if let Some(block) = function.blocks.get_mut(index) {
            let position = block.position;
            block
                .statements
                .push((Statement::Set(local, value), position));
            block.terminator = Terminator::Goto(after);
            is_changed = true;
        }
    }
    is_changed
}

/// What a block assigns that does no more than assign a constant, and where it goes.
fn constant_arm(function: &Function, id: BlockId) -> Option<(LocalId, i32, BlockId)> {
    let block = function.blocks.get(id.0)?;
    match (block.statements.as_slice(), &block.terminator) {
        ([(Statement::Set(local, Expr::Const(_, value)), _)], Terminator::Goto(next)) => {
            Some((*local, *value, *next))
        }
        _ => None,
    }
}
