// A purse: checked arithmetic, errors by name, helpers that pass them on.
use platform::{Result, StatusWord};

const LIMIT: u16 = 10_000;
const TOO_MUCH: StatusWord = StatusWord(0x6A84);

#[derive(Clone, Copy, PartialEq, Eq)]
struct Money(u16);

impl Money {
    const ZERO: Money = Money(0);

    fn plus(self, other: Money) -> Option<Money> {
        let sum = self.0.checked_add(other.0)?;
        if sum > LIMIT {
            return None;
        }
        Some(Money(sum))
    }

    fn minus(self, other: Money) -> Result<Money> {
        self.0
            .checked_sub(other.0)
            .map(Money)
            .ok_or(StatusWord(0x6985))
    }
}

impl From<Money> for u16 {
    fn from(money: Money) -> u16 {
        money.0
    }
}

pub fn debit_credit(balance: u16, debit: u16, credit: u16) -> Result<u16> {
    let balance = Money(balance).minus(Money(debit))?;
    if balance == Money::ZERO {
        return Ok(0xFFFF);
    }
    let balance = balance.plus(Money(credit)).ok_or(TOO_MUCH)?;
    Ok(balance.into())
}
// run: debit_credit(100, 30, 5) == Ok(75)
// run: debit_credit(100, 101, 5) == Err(0x6985)
// run: debit_credit(100, 100, 5) == Ok(0xFFFF)
// run: debit_credit(9000, 0, 1001) == Err(0x6A84)
// run: debit_credit(9000, 0, 65000) == Err(0x6A84)
