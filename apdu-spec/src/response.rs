//! Response APDUs.

use crate::StatusWord;
use core::fmt;

/// A response APDU: data, and the status word that ends it (ISO 7816-4 §5.1).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Response<'a> {
    /// The response data.
    pub data: &'a [u8],
    /// The status word.
    pub status: StatusWord,
}

/// Bytes that are no response, or no room for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseError {
    /// Fewer than the two bytes of the status word.
    NoStatus {
        /// How many bytes there are.
        length: usize,
    },
    /// The output is too small.
    NoRoom {
        /// How many bytes are needed.
        needed: usize,
        /// How many there are.
        found: usize,
    },
}

impl fmt::Display for ResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoStatus { length } => {
                write!(
                    f,
                    "a response ends with SW1 SW2, here are {length} of these 2 bytes"
                )
            }
            Self::NoRoom { needed, found } => {
                write!(
                    f,
                    "the response takes {needed} bytes, there is room for {found}"
                )
            }
        }
    }
}

impl core::error::Error for ResponseError {}

impl<'a> Response<'a> {
    /// Reads a response.
    ///
    /// # Errors
    /// [`ResponseError::NoStatus`] for fewer than two bytes.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ResponseError> {
        match bytes.split_last_chunk::<2>() {
            Some((data, status)) => Ok(Self {
                data,
                status: StatusWord(u16::from_be_bytes(*status)),
            }),
            None => Err(ResponseError::NoStatus {
                length: bytes.len(),
            }),
        }
    }

    /// Writes the response to the start of `out` and gives that part of `out`.
    ///
    /// # Errors
    /// [`ResponseError::NoRoom`] where `out` is too small.
    pub fn encode<'b>(&self, out: &'b mut [u8]) -> Result<&'b [u8], ResponseError> {
        let needed = self.data.len() + 2;
        let found = out.len();
        let out = out
            .get_mut(..needed)
            .ok_or(ResponseError::NoRoom { needed, found })?;
        let (data, status) = out.split_at_mut(self.data.len());
        data.copy_from_slice(self.data);
        status.copy_from_slice(&self.status.to_bytes());
        Ok(out)
    }
}

impl fmt::Debug for Response<'_> {
    /// Tells the length of the data, not the data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Response({}, {} bytes of data)",
            self.status,
            self.data.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes() {
        let bytes = [1, 2, 3, 0x90, 0x00];
        let response = Response::parse(&bytes).unwrap();
        assert_eq!(
            (response.data, response.status),
            (&bytes[..3], StatusWord::SUCCESS)
        );
        let mut out = [0; 5];
        assert_eq!(response.encode(&mut out).unwrap(), bytes);
        assert_eq!(
            response.encode(&mut out[..4]),
            Err(ResponseError::NoRoom {
                needed: 5,
                found: 4
            })
        );
        assert_eq!(
            Response::parse(&bytes[4..]),
            Err(ResponseError::NoStatus { length: 1 })
        );
    }
}
