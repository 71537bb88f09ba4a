// Functions of one name: of a type itself and of its traits, and of one trait for several types.

trait Value {
    const UNIT: u8;
    fn value(&self) -> u8;
    fn twice(&self) -> u8 {
        // That of the trait, whatever the type has beside it.
        self.value() * 2
    }
}

trait Weight {
    fn value(&self) -> u8;
}

#[derive(Clone, Copy)]
struct Coin(u8);

impl Coin {
    const UNIT: u8 = 7;

    fn value(&self) -> u8 {
        self.0
    }
}

impl Value for Coin {
    const UNIT: u8 = 9;

    fn value(&self) -> u8 {
        self.0 + 100
    }
}

impl Weight for Coin {
    fn value(&self) -> u8 {
        50
    }
}

fn unit<V: Value>(_of: &V) -> u8 {
    V::UNIT
}

pub fn coins(n: u8) -> u16 {
    let coin = Coin(n);
    let own = coin.value() as u16 * 1000;
    let of_traits = Value::value(&coin) as u16 + Weight::value(&coin) as u16 * 2;
    own + of_traits + <Coin as Weight>::value(&coin) as u16 + coin.twice() as u16
}
// run: coins(3) == 3459

pub fn units() -> u16 {
    Coin::UNIT as u16 * 100 + unit(&Coin(0)) as u16 * 10 + <Coin as Value>::UNIT as u16
}
// run: units() == 799

#[derive(Clone, Copy)]
struct Length(u16);

impl From<u8> for Length {
    fn from(byte: u8) -> Self {
        Length(byte as u16 + 1)
    }
}

impl From<u16> for Length {
    fn from(short: u16) -> Self {
        Length(short * 2)
    }
}

impl From<(u8, u8)> for Length {
    fn from((high, low): (u8, u8)) -> Self {
        Length(u16::from_be_bytes([high, low]))
    }
}

impl From<Length> for u16 {
    fn from(length: Length) -> u16 {
        length.0 + 1
    }
}

pub fn lengths(a: u8, b: u16) -> u16 {
    let first: Length = a.into();
    let second = Length::from(b);
    let third = Length::from((a, 1));
    u16::from(first) + u16::from(second) + u16::from(third)
}
// run: lengths(3, 10) == 796
