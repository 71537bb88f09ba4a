fn T_clamp(a: T, low: T, high: T) -> T {
    if a < low {
        return low;
    }
    if a > high { high } else { a }
}
