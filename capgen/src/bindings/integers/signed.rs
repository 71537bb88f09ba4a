fn T_checked_div(a: T, b: T) -> Option<T> {
    if b == 0 || a == T::MIN && b == -1 { None } else { Some(a / b) }
}

fn T_checked_rem(a: T, b: T) -> Option<T> {
    if b == 0 || a == T::MIN && b == -1 { None } else { Some(a % b) }
}

fn T_abs(a: T) -> T {
    if a < 0 { -a } else { a }
}

fn T_unsigned_abs(a: T) -> U {
    let bits = a as U;
    if a < 0 { (0 as U).wrapping_sub(bits) } else { bits }
}

fn T_wrapping_abs(a: T) -> T {
    if a < 0 { (0 as T).wrapping_sub(a) } else { a }
}

fn T_abs_diff(a: T, b: T) -> U {
    let (x, y) = (a as U, b as U);
    if a > b { x.wrapping_sub(y) } else { y.wrapping_sub(x) }
}

fn T_signum(a: T) -> T {
    if a < 0 { -1 } else if a > 0 { 1 } else { 0 }
}

fn T_is_negative(a: T) -> bool {
    a < 0
}

fn T_is_positive(a: T) -> bool {
    a > 0
}

fn T_rem_euclid(a: T, b: T) -> T {
    let rest = a % b;
    // The divisor's size may not fit its type: add or take away, never negate.
    if rest >= 0 {
        return rest;
    }
    if b < 0 { rest - b } else { rest + b }
}

fn T_div_euclid(a: T, b: T) -> T {
    let quotient = a / b;
    if a % b >= 0 {
        return quotient;
    }
    if b > 0 { quotient - 1 } else { quotient + 1 }
}
