fn T_checked_sub(a: T, b: T) -> Option<T> {
    if a < b { None } else { Some(a - b) }
}

fn T_saturating_sub(a: T, b: T) -> T {
    if a > b { a - b } else { 0 }
}

fn T_checked_div(a: T, b: T) -> Option<T> {
    if b == 0 { None } else { Some(a / b) }
}

fn T_checked_rem(a: T, b: T) -> Option<T> {
    if b == 0 { None } else { Some(a % b) }
}

fn T_div_ceil(a: T, b: T) -> T {
    if a % b == 0 { a / b } else { a / b + 1 }
}

fn T_is_power_of_two(a: T) -> bool {
    a != 0 && a & (a - 1) == 0
}

fn T_abs_diff(a: T, b: T) -> T {
    if a > b { a - b } else { b - a }
}
