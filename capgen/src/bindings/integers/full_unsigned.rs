fn T_checked_add(a: T, b: T) -> Option<T> {
    let sum = a.wrapping_add(b);
    if sum < a { None } else { Some(sum) }
}

fn T_saturating_add(a: T, b: T) -> T {
    let sum = a.wrapping_add(b);
    if sum < a { T::MAX } else { sum }
}

fn T_checked_mul(a: T, b: T) -> Option<T> {
    let product = a.wrapping_mul(b);
    if a != 0 && product / a != b { None } else { Some(product) }
}

fn T_saturating_mul(a: T, b: T) -> T {
    let product = a.wrapping_mul(b);
    if a != 0 && product / a != b { T::MAX } else { product }
}
