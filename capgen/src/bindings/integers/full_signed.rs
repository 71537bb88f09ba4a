fn T_checked_add(a: T, b: T) -> Option<T> {
    let sum = a.wrapping_add(b);
    if (a ^ sum) & (b ^ sum) < 0 { None } else { Some(sum) }
}

fn T_checked_sub(a: T, b: T) -> Option<T> {
    let difference = a.wrapping_sub(b);
    if (a ^ b) & (a ^ difference) < 0 { None } else { Some(difference) }
}

fn T_fits_product(a: T, b: T, product: T) -> bool {
    // MIN / -1 is none of its type.
    if a == -1 {
        return b != T::MIN;
    }
    a == 0 || product / a == b
}

fn T_checked_mul(a: T, b: T) -> Option<T> {
    let product = a.wrapping_mul(b);
    if T_fits_product(a, b, product) { Some(product) } else { None }
}

fn T_saturating_add(a: T, b: T) -> T {
    let sum = a.wrapping_add(b);
    if (a ^ sum) & (b ^ sum) >= 0 {
        return sum;
    }
    if a < 0 { T::MIN } else { T::MAX }
}

fn T_saturating_sub(a: T, b: T) -> T {
    let difference = a.wrapping_sub(b);
    if (a ^ b) & (a ^ difference) >= 0 {
        return difference;
    }
    if a < 0 { T::MIN } else { T::MAX }
}

fn T_saturating_mul(a: T, b: T) -> T {
    let product = a.wrapping_mul(b);
    if T_fits_product(a, b, product) {
        return product;
    }
    if (a < 0) == (b < 0) { T::MAX } else { T::MIN }
}
