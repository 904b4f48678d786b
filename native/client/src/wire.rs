//! A cursor over protobuf's wire format, for decoders that keep only what they need.
//!
//! The format is that of <https://protobuf.dev/programming-guides/encoding/>. Groups (wire types 3 and 4) are refused:
//! proto3, and so flyteidl, has none. Nothing here allocates or panics, whatever the bytes.

use prost::encoding::decode_varint;

/// One field's value as it stands on the wire, borrowed from the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WireValue<'a> {
    /// `int32`, `int64`, `uint32`, `uint64`, `bool` and enums.
    Varint(u64),
    /// `fixed64`, `sfixed64` and `double`, little-endian.
    Fixed64(u64),
    /// `string`, `bytes`, embedded messages and packed repeated fields.
    Bytes(&'a [u8]),
    /// `fixed32`, `sfixed32` and `float`, little-endian.
    Fixed32(u32),
}

impl<'a> WireValue<'a> {
    /// The bytes of a length-delimited field, or an error that names what was found instead.
    pub fn bytes(self) -> Result<&'a [u8], WireError> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            _ => Err(WireError::WrongType { expected: "length-delimited" }),
        }
    }

    /// The text of a `string` field.
    pub fn text(self) -> Result<&'a str, WireError> {
        std::str::from_utf8(self.bytes()?).map_err(|_| WireError::NotUtf8)
    }

    /// The number of a varint field, as it stands (no zigzag).
    pub fn varint(self) -> Result<u64, WireError> {
        match self {
            Self::Varint(number) => Ok(number),
            _ => Err(WireError::WrongType { expected: "varint" }),
        }
    }
}

/// Why bytes are not a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The bytes end inside a field.
    #[error("the message ends inside a field")]
    Truncated,
    /// A tag, a varint or a field number that no message can have.
    #[error("the message holds an impossible tag or number")]
    Malformed,
    /// A known field with another wire type than flyteidl declares.
    #[error("a field is not {expected} as declared")]
    WrongType {
        /// What the declaration asks for.
        expected: &'static str,
    },
    /// A `string` field that is not UTF-8.
    #[error("a text is not UTF-8")]
    NotUtf8,
}

/// The fields of one message in wire order. After an error the iterator ends.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    /// Walks `message`, the bytes of one message without a length prefix.
    pub fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    #[inline]
    fn next_field(&mut self) -> Result<(u32, WireValue<'a>), WireError> {
        let tag = self.varint()?;
        let number = u32::try_from(tag >> 3).map_err(|_| WireError::Malformed)?;
        if number == 0 {
            return Err(WireError::Malformed);
        }
        let value = match tag & 7 {
            0 => WireValue::Varint(self.varint()?),
            1 => WireValue::Fixed64(u64::from_le_bytes(self.array()?)),
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| WireError::Truncated)?;
                WireValue::Bytes(self.take(length)?)
            }
            5 => WireValue::Fixed32(u32::from_le_bytes(self.array()?)),
            _ => return Err(WireError::Malformed),
        };
        Ok((number, value))
    }

    /// Nearly all tags, lengths and enums are one byte long, so that case is taken first.
    #[inline]
    fn varint(&mut self) -> Result<u64, WireError> {
        match self.rest {
            [] => Err(WireError::Truncated),
            [byte @ ..0x80, rest @ ..] => {
                self.rest = rest;
                Ok(u64::from(*byte))
            }
            _ => decode_varint(&mut self.rest).map_err(|_| WireError::Malformed),
        }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], WireError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u32, WireValue<'a>), WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.next_field();
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wire_type_is_read_in_order() {
        let message = [
            0x08, 0x96, 0x01, // 1: varint 150
            0x11, 1, 0, 0, 0, 0, 0, 0, 0, // 2: fixed64 1
            0x1a, 0x02, b'h', b'i', // 3: bytes "hi"
            0x25, 2, 0, 0, 0, // 4: fixed32 2
        ];
        let fields: Result<Vec<_>, _> = Fields::new(&message).collect();
        assert_eq!(
            fields,
            Ok(vec![
                (1, WireValue::Varint(150)),
                (2, WireValue::Fixed64(1)),
                (3, WireValue::Bytes(b"hi")),
                (4, WireValue::Fixed32(2)),
            ])
        );
    }

    #[test]
    fn a_message_cut_anywhere_inside_a_field_is_an_error_and_ends_the_walk() {
        let message = [0x1a, 0x02, b'h', b'i'];
        for end in 1..message.len() {
            let mut fields = Fields::new(&message[..end]);
            assert!(fields.next().is_some_and(|field| field.is_err()), "cut at {end}");
            assert!(fields.next().is_none());
        }
    }

    #[test]
    fn groups_and_field_zero_are_refused() {
        for tag in [0x0b_u8, 0x0c, 0x00, 0x06] {
            assert_eq!(Fields::new(&[tag, 0]).next(), Some(Err(WireError::Malformed)));
        }
    }

    #[test]
    fn a_length_beyond_the_end_is_truncated() {
        assert_eq!(
            Fields::new(&[0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, 1]).next(),
            Some(Err(WireError::Truncated))
        );
    }
}
