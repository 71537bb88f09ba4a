//! AIDs as arguments.

use loader::Aid;

/// Reads an AID in hexadecimal.
///
/// # Errors
/// What is wrong, in words.
pub fn parse(text: &str) -> Result<Aid, String> {
    let bytes = bytes(text)?;
    Aid::new(&bytes).map_err(|error| error.to_string())
}

/// Reads bytes in hexadecimal; spaces and colons between them do not matter.
///
/// # Errors
/// What is wrong, in words.
pub fn bytes(text: &str) -> Result<Vec<u8>, String> {
    let digits: String = text
        .chars()
        .filter(|character| !character.is_whitespace() && *character != ':')
        .collect();
    hex::decode(&digits).map_err(|error| match error {
        hex::FromHexError::OddLength => {
            format!("{} hexadecimal digits: two make a byte", digits.len())
        }
        hex::FromHexError::InvalidHexCharacter { c, .. } => {
            format!("{c:?} is no hexadecimal digit")
        }
        hex::FromHexError::InvalidStringLength => error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said() {
        assert_eq!(bytes("00 A4"), Ok(vec![0x00, 0xA4]));
        assert_eq!(
            bytes("0A4"),
            Err("3 hexadecimal digits: two make a byte".to_owned())
        );
        assert_eq!(bytes("0g"), Err("'g' is no hexadecimal digit".to_owned()));
        assert!(parse("A0000000").is_err_and(|error| error.contains("5 to 16 bytes")));
    }
}
