// run: f(3) == 688
pub fn f(x: u8) -> u16 {
    let mut s = 0u16;
    let mut keep = [0u8; 5];
    for i in 0..x {
        let mut t = [0u8; 5];
        t[i as usize] = i + 1;
        if i == 1 { keep = t; }
        let u = [i; 5];
        for j in 0..5usize { s += t[j] as u16 + u[j] as u16; }
    }
    for k in keep { s = s * 2 + k as u16; }
    s
}
