// Items inside of a function are known in their block.

const STEP: u16 = 1;

fn helper(n: u16) -> u16 {
    n + 1000
}

pub fn constants(n: u16) -> u16 {
    const STEP: u16 = 10;
    const ALL: [u16; 3] = [STEP, STEP * 2, self::STEP];
    let mut sum = n;
    {
        const STEP: u16 = 100;
        sum += STEP;
    }
    for value in ALL {
        sum += value;
    }
    sum + STEP
}
// run: constants(0) == 141
pub fn outside() -> u16 {
    STEP
}
// run: outside() == 1

pub fn functions(n: u16) -> u16 {
    fn helper(n: u16) -> u16 {
        fn twice(n: u16) -> u16 {
            n * 2
        }
        twice(n) + super_helper(n)
    }
    fn super_helper(n: u16) -> u16 {
        self::helper(n)
    }
    helper(n)
}
// run: functions(5) == 1015

pub fn types(a: u8) -> u16 {
    use core::cmp::max;

    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Kind {
        Low,
        High,
    }
    use Kind::{High, Low};

    struct Pair {
        kind: Kind,
        value: u16,
    }

    impl Pair {
        const LIMIT: u8 = 9;

        fn of(a: u8) -> Self {
            let kind = if a > Self::LIMIT { High } else { Low };
            Self { kind, value: a.into() }
        }
    }

    let pair = Pair::of(a);
    match pair.kind {
        Low => pair.value,
        High => max(pair.value, 50) + 100,
    }
}
// run: types(9) == 9
// run: types(10) == 150
// run: types(60) == 160

fn with(n: u16) -> u16 {
    helper(n)
}

pub fn in_closure(n: u8) -> u16 {
    Some(n)
        .map(|n| {
            const OFFSET: u16 = 3;
            u16::from(n) + OFFSET
        })
        .map_or(0, with)
}
// run: in_closure(4) == 1007

const fn scaled(n: u16) -> u16 {
    const FACTOR: u16 = 7;
    n * FACTOR
}
const SCALED: u16 = scaled(6);

pub fn in_constants(n: u16) -> u16 {
    SCALED + scaled(n)
}
// run: in_constants(2) == 56
