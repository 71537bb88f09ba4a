// The type of an integer inside of an option that is told later, and compared before.

pub fn later(n: u16) -> u8 {
    let mut found = Some(40_000);
    let high = match found {
        Some(30_000..) => 1,
        _ => 0,
    };
    let equal = matches!(found, Some(40_000)) as u8;
    if high == 0 {
        found = Some(n);
    }
    let [first, ..] = [50_000, n];
    let above = if let 45_000.. = first { 4 } else { 0 };
    high + equal * 2 + above + found.is_some() as u8 * 8
}
// run: later(3) == 15

pub fn labelled(n: u8) -> u8 {
    let found = 'search: {
        for i in 0..n {
            if i * i > 20 {
                break 'search Some(i);
            }
        }
        None
    };
    found.unwrap_or(99)
}
// run: labelled(9) == 5
// run: labelled(3) == 99
