//! Literals as values: one tree of plain data that every view and every binding renders.
//!
//! Decoding walks the wire and stops at [`ValueLimits`], so a preview of a 5 MB literal map costs what is shown and
//! not what is stored. What was left out is said: by `truncated` and the full `size`, or by a value of kind
//! [`ValueKind::Truncated`] where not even the start was read.
//!
//! Order: protobuf maps have none (a Go server sends them in another order each time), so the parts of a literal map
//! or a Struct come sorted, with numbers inside the keys compared as numbers (`o2` before `o10`). Collections and
//! msgpack maps keep the order they were written in, which for a dataclass is the order of its fields.

mod limits;
mod literal;
mod msgpack;
mod order;
mod structs;
mod text;
mod types;

use flyte_idl::flyteidl::core::VariableMap;

use crate::wire::WireError;

pub use limits::ValueLimits;
pub(crate) use order::natural;
pub use types::type_name;

/// How a value is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueKind {
    /// Flyte's None, msgpack's nil or JSON's null.
    None,
    /// A whole number; `text` has all its digits.
    Integer,
    /// A floating point number; `NaN`, `Infinity` and `-Infinity` by these names.
    Float,
    /// A text.
    String,
    /// `true` or `false`.
    Boolean,
    /// An instant as RFC 3339 in UTC, up to nanoseconds.
    Datetime,
    /// A span of time in seconds, such as `3.5s`.
    Duration,
    /// A string of a declared set.
    Enum,
    /// Bytes; `text` is Base64 of as many as the limit allows.
    Binary,
    /// A file or directory; `text` is its URI.
    Blob,
    /// A dataframe of the old kind; `text` is its URI.
    Schema,
    /// A dataframe; `text` is its URI and the children are its columns.
    StructuredDataset,
    /// An error as a value; `text` is its message.
    Error,
    /// One of several types; the only child is the value, its key says which type.
    Union,
    /// A list; keys are the indexes.
    Collection,
    /// A map of texts to values of one type.
    Map,
    /// A Struct or a msgpack map: dataclass, Pydantic model, dictionary of anything.
    Record,
    /// A literal that is kept elsewhere; `text` is its URI and `size` its bytes.
    Offloaded,
    /// A value that a limit left unread.
    Truncated,
    /// A value that this version cannot read; `text` says why.
    Unknown,
}

/// A decoded value.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// How it is made.
    pub kind: ValueKind,
    /// Flyte's name of its type, such as `list[string]`.
    pub type_name: String,
    /// The exact text of a scalar, empty for containers.
    pub text: String,
    /// The parts of a container.
    pub children: Vec<NamedValue>,
    /// How many parts a container has, or how many bytes a text or binary has, before any limit.
    pub size: u64,
    /// Whether a limit cut `text` or `children`.
    pub truncated: bool,
}

/// A part of a container, or an input or output.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedValue {
    /// The name, key or index.
    pub key: String,
    /// What it holds.
    pub value: Value,
}

/// Why a literal map cannot be read at all. Single values that cannot be read become [`ValueKind::Unknown`] instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the literal map is not readable: {0}")]
pub struct ValueError(#[from] pub WireError);

/// Decodes the wire bytes of a `flyteidl.core.LiteralMap` into its named values, sorted by name.
///
/// `interface` is what the entity declares for these names: with it, enums and dataclasses are named as declared;
/// without it, types are those of the literals themselves. Any bytes are safe: nesting deeper than
/// [`ValueLimits::MAX_DEPTH`] comes back truncated.
///
/// # Errors
/// When the bytes are not a literal map.
pub fn decode_literal_map(
    map: &[u8],
    interface: Option<&VariableMap>,
    limits: &ValueLimits,
) -> Result<Vec<NamedValue>, ValueError> {
    Ok(literal::Decoder::new(limits).named_values(map, interface)?)
}

impl Value {
    /// A value with neither text nor parts.
    fn new(kind: ValueKind, type_name: impl Into<String>) -> Self {
        Self {
            kind,
            type_name: type_name.into(),
            text: String::new(),
            children: Vec::new(),
            size: 0,
            truncated: false,
        }
    }

    /// A scalar whose text is short and complete.
    fn scalar(kind: ValueKind, type_name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { size: text.len() as u64, text, ..Self::new(kind, type_name) }
    }

    /// A value that was not read for lack of room.
    fn unread(type_name: impl Into<String>, bytes: usize) -> Self {
        Self { size: bytes as u64, truncated: true, ..Self::new(ValueKind::Truncated, type_name) }
    }

    /// A value that cannot be read, and why.
    fn unknown(type_name: impl Into<String>, why: impl Into<String>, bytes: usize) -> Self {
        Self { text: why.into(), size: bytes as u64, ..Self::new(ValueKind::Unknown, type_name) }
    }
}

#[cfg(test)]
mod tests;
