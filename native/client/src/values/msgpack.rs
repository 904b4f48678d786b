//! msgpack, the form of dataclasses, Pydantic models and untyped dictionaries from flytekit 1.14 on.
//!
//! Read with the marker and number readers of `rmp`; walking, limits and skipping are here, because a preview must not
//! pay for the whole.

use rmp::Marker;
use rmp::decode::{self, RmpRead};

use super::limits::Budget;
use super::{NamedValue, Value, ValueKind, text};

/// Ext type of an instant in the msgpack specification.
const TIMESTAMP: i8 = -1;

/// Why bytes are not msgpack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum MsgpackError {
    #[error("not readable as msgpack: it ends inside a value")]
    Truncated,
    #[error("not readable as msgpack: it holds a marker that msgpack reserves")]
    Reserved,
    #[error("not readable as msgpack: bytes follow the value")]
    TrailingBytes,
}

/// The value that `bytes` hold, all of them.
pub(super) fn value(bytes: &[u8], budget: &mut Budget<'_>) -> Result<Value, MsgpackError> {
    let mut reader = Reader { rest: bytes, budget };
    let value = reader.value(0)?;
    if reader.rest.is_empty() { Ok(value) } else { Err(MsgpackError::TrailingBytes) }
}

struct Reader<'a, 'b, 'l> {
    rest: &'a [u8],
    budget: &'b mut Budget<'l>,
}

/// A value with its parts still unread.
enum Item<'a> {
    Nil,
    Boolean(bool),
    Integer(i128),
    Float(f64),
    String(&'a [u8]),
    Binary(&'a [u8]),
    Extension(i8, &'a [u8]),
    Array(u64),
    Map(u64),
}

impl<'a> Reader<'a, '_, '_> {
    fn value(&mut self, depth: usize) -> Result<Value, MsgpackError> {
        Ok(match self.item()? {
            Item::Nil => Value::new(ValueKind::None, "none"),
            Item::Boolean(truth) => Value::scalar(ValueKind::Boolean, "boolean", truth.to_string()),
            Item::Integer(number) => Value::scalar(ValueKind::Integer, "integer", number.to_string()),
            Item::Float(number) => Value::scalar(ValueKind::Float, "float", text::float(number)),
            Item::String(bytes) => {
                self.budget.text(ValueKind::String, "string", &String::from_utf8_lossy(bytes))
            }
            Item::Binary(bytes) => self.budget.binary("binary", bytes),
            Item::Extension(kind, bytes) => self.extension(kind, bytes),
            Item::Array(size) => self.array(size, depth)?,
            Item::Map(size) => self.map(size, depth)?,
        })
    }

    /// A part of a container: read, or passed over when the budget has no room for it.
    fn part(&mut self, depth: usize) -> Result<Value, MsgpackError> {
        if self.budget.take(depth) {
            return self.value(depth);
        }
        let before = self.rest.len();
        self.skip(1)?;
        Ok(Value::unread("", before - self.rest.len()))
    }

    fn array(&mut self, size: u64, depth: usize) -> Result<Value, MsgpackError> {
        let kept = size.min(self.budget.max_items() as u64);
        let mut list = Value { size, truncated: kept < size, ..Value::new(ValueKind::Collection, "list") };
        for index in 0..kept {
            let value = self.part(depth + 1)?;
            list.children.push(NamedValue { key: index.to_string(), value });
        }
        self.skip(size - kept)?;
        Ok(list)
    }

    fn map(&mut self, size: u64, depth: usize) -> Result<Value, MsgpackError> {
        let kept = size.min(self.budget.max_items() as u64);
        let mut record = Value { size, truncated: kept < size, ..Value::new(ValueKind::Record, "struct") };
        for _ in 0..kept {
            let key = self.key()?;
            let value = self.part(depth + 1)?;
            record.children.push(NamedValue { key, value });
        }
        self.skip((size - kept).saturating_mul(2))?;
        Ok(record)
    }

    /// A key of a map as text. Dictionaries may have keys of any kind; containers as keys are shown as such.
    fn key(&mut self) -> Result<String, MsgpackError> {
        Ok(match self.item()? {
            Item::Nil => "null".to_owned(),
            Item::Boolean(truth) => truth.to_string(),
            Item::Integer(number) => number.to_string(),
            Item::Float(number) => text::float(number),
            Item::String(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Item::Binary(bytes) => self.budget.binary("binary", bytes).text,
            Item::Extension(kind, bytes) => self.extension(kind, bytes).text,
            Item::Array(size) => {
                self.skip(size)?;
                format!("[{size} items]")
            }
            Item::Map(size) => {
                self.skip(size.saturating_mul(2))?;
                format!("{{{size} entries}}")
            }
        })
    }

    /// Ext -1 is an instant in one of three lengths (the msgpack specification, "Timestamp extension type"); any other
    /// type is the writer's own.
    fn extension(&self, kind: i8, bytes: &[u8]) -> Value {
        let instant = match (kind, bytes.len()) {
            (TIMESTAMP, 4) => bytes.first_chunk().map(|b| (i64::from(u32::from_be_bytes(*b)), 0)),
            (TIMESTAMP, 8) => bytes.first_chunk().map(|b| {
                let packed = u64::from_be_bytes(*b);
                ((packed & 0x3_ffff_ffff) as i64, (packed >> 34) as u32)
            }),
            (TIMESTAMP, 12) => match (bytes.first_chunk(), bytes.last_chunk()) {
                (Some(nanos), Some(seconds)) => {
                    Some((i64::from_be_bytes(*seconds), u32::from_be_bytes(*nanos)))
                }
                _ => None,
            },
            _ => None,
        };
        match instant {
            Some((seconds, nanos)) if nanos < 1_000_000_000 => {
                Value::scalar(ValueKind::Datetime, "datetime", text::datetime(seconds, nanos as i32))
            }
            _ => self.budget.binary(format!("ext[{kind}]"), bytes),
        }
    }

    /// Passes over `count` values, however deep, without recursion.
    fn skip(&mut self, count: u64) -> Result<(), MsgpackError> {
        let mut left = count;
        while left > 0 {
            left -= 1;
            let inside = match self.item()? {
                Item::Array(size) => size,
                Item::Map(size) => size.saturating_mul(2),
                _ => 0,
            };
            left = left.saturating_add(inside);
        }
        Ok(())
    }

    /// The next value up to its parts. Every container's size is bounded by the bytes that are left, since each part
    /// takes one at least: a lying header fails here and not after a walk of 2^32 steps.
    fn item(&mut self) -> Result<Item<'a>, MsgpackError> {
        let marker = decode::read_marker(&mut self.rest).map_err(|_| MsgpackError::Truncated)?;
        Ok(match marker {
            Marker::Null => Item::Nil,
            Marker::True => Item::Boolean(true),
            Marker::False => Item::Boolean(false),
            Marker::FixPos(number) => Item::Integer(number.into()),
            Marker::FixNeg(number) => Item::Integer(number.into()),
            Marker::U8 => Item::Integer(self.number::<1>()?[0].into()),
            Marker::U16 => Item::Integer(u16::from_be_bytes(self.number()?).into()),
            Marker::U32 => Item::Integer(u32::from_be_bytes(self.number()?).into()),
            Marker::U64 => Item::Integer(u64::from_be_bytes(self.number()?).into()),
            Marker::I8 => Item::Integer(i8::from_be_bytes(self.number()?).into()),
            Marker::I16 => Item::Integer(i16::from_be_bytes(self.number()?).into()),
            Marker::I32 => Item::Integer(i32::from_be_bytes(self.number()?).into()),
            Marker::I64 => Item::Integer(i64::from_be_bytes(self.number()?).into()),
            Marker::F32 => Item::Float(f32::from_be_bytes(self.number()?).into()),
            Marker::F64 => Item::Float(f64::from_be_bytes(self.number()?)),
            Marker::FixStr(size) => Item::String(self.take(size.into())?),
            Marker::Str8 => Item::String(self.sized::<1>()?),
            Marker::Str16 => Item::String(self.sized::<2>()?),
            Marker::Str32 => Item::String(self.sized::<4>()?),
            Marker::Bin8 => Item::Binary(self.sized::<1>()?),
            Marker::Bin16 => Item::Binary(self.sized::<2>()?),
            Marker::Bin32 => Item::Binary(self.sized::<4>()?),
            Marker::FixExt1 => self.extended(1)?,
            Marker::FixExt2 => self.extended(2)?,
            Marker::FixExt4 => self.extended(4)?,
            Marker::FixExt8 => self.extended(8)?,
            Marker::FixExt16 => self.extended(16)?,
            Marker::Ext8 => self.extended_by_size::<1>()?,
            Marker::Ext16 => self.extended_by_size::<2>()?,
            Marker::Ext32 => self.extended_by_size::<4>()?,
            Marker::FixArray(size) => Item::Array(self.parts(size.into(), 1)?),
            Marker::Array16 => self.size::<2>().and_then(|size| Ok(Item::Array(self.parts(size, 1)?)))?,
            Marker::Array32 => self.size::<4>().and_then(|size| Ok(Item::Array(self.parts(size, 1)?)))?,
            Marker::FixMap(size) => Item::Map(self.parts(size.into(), 2)?),
            Marker::Map16 => self.size::<2>().and_then(|size| Ok(Item::Map(self.parts(size, 2)?)))?,
            Marker::Map32 => self.size::<4>().and_then(|size| Ok(Item::Map(self.parts(size, 2)?)))?,
            Marker::Reserved => return Err(MsgpackError::Reserved),
        })
    }

    fn number<const N: usize>(&mut self) -> Result<[u8; N], MsgpackError> {
        let mut bytes = [0; N];
        self.rest.read_exact_buf(&mut bytes).map_err(|_| MsgpackError::Truncated)?;
        Ok(bytes)
    }

    /// A big-endian length of `N` bytes.
    fn size<const N: usize>(&mut self) -> Result<u64, MsgpackError> {
        Ok(self.number::<N>()?.iter().fold(0, |size, byte| (size << 8) | u64::from(*byte)))
    }

    fn take(&mut self, size: u64) -> Result<&'a [u8], MsgpackError> {
        let size = usize::try_from(size).map_err(|_| MsgpackError::Truncated)?;
        let (taken, rest) = self.rest.split_at_checked(size).ok_or(MsgpackError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    fn sized<const N: usize>(&mut self) -> Result<&'a [u8], MsgpackError> {
        let size = self.size::<N>()?;
        self.take(size)
    }

    fn extended(&mut self, size: u64) -> Result<Item<'a>, MsgpackError> {
        let kind = i8::from_be_bytes(self.number()?);
        Ok(Item::Extension(kind, self.take(size)?))
    }

    fn extended_by_size<const N: usize>(&mut self) -> Result<Item<'a>, MsgpackError> {
        let size = self.size::<N>()?;
        self.extended(size)
    }

    fn parts(&self, size: u64, values_each: u64) -> Result<u64, MsgpackError> {
        if size.saturating_mul(values_each) > self.rest.len() as u64 {
            return Err(MsgpackError::Truncated);
        }
        Ok(size)
    }
}
