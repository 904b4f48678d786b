//! `google.protobuf.Struct`, the form of dataclasses and dictionaries before flytekit 1.14. Field numbers are those of
//! `google/protobuf/struct.proto`.

use super::limits::Budget;
use super::literal::sorted_entries;
use super::{NamedValue, Value, ValueKind, text};
use crate::wire::{Fields, WireError, WireValue};

/// A `Struct` as a record, its keys sorted: 1 is an entry with a key (1) and a value (2), as in a literal map.
pub(super) fn structure(bytes: &[u8], budget: &mut Budget<'_>, depth: usize) -> Result<Value, WireError> {
    let entries = sorted_entries(bytes)?;
    let mut record = Value { size: entries.len() as u64, ..Value::new(ValueKind::Record, "struct") };
    record.truncated = entries.len() > budget.max_items();
    for (key, item) in entries.into_iter().take(budget.max_items()) {
        let value = dynamic(item, budget, depth + 1)?;
        record.children.push(NamedValue { key: key.to_owned(), value });
    }
    Ok(record)
}

/// A `google.protobuf.Value`.
fn dynamic(bytes: &[u8], budget: &mut Budget<'_>, depth: usize) -> Result<Value, WireError> {
    if !budget.take(depth) {
        return Ok(Value::unread("", bytes.len()));
    }
    let mut value = Value::new(ValueKind::None, "none");
    for field in Fields::new(bytes) {
        value = match field? {
            (1, WireValue::Varint(_)) => Value::new(ValueKind::None, "none"),
            (2, WireValue::Fixed64(bits)) => {
                Value::scalar(ValueKind::Float, "number", text::struct_number(f64::from_bits(bits)))
            }
            (3, string) => budget.text(ValueKind::String, "string", string.text()?),
            (4, WireValue::Varint(truth)) => {
                Value::scalar(ValueKind::Boolean, "boolean", (truth != 0).to_string())
            }
            (5, fields) => structure(fields.bytes()?, budget, depth)?,
            (6, items) => list(items.bytes()?, budget, depth)?,
            (1 | 2 | 4, _) => return Err(WireError::WrongType { expected: "a Struct's value" }),
            _ => value,
        };
    }
    Ok(value)
}

/// A `ListValue`: 1 is an item.
fn list(bytes: &[u8], budget: &mut Budget<'_>, depth: usize) -> Result<Value, WireError> {
    let mut list = Value::new(ValueKind::Collection, "list");
    for field in Fields::new(bytes) {
        if let (1, item) = field? {
            if list.children.len() < budget.max_items() {
                let value = dynamic(item.bytes()?, budget, depth + 1)?;
                list.children.push(NamedValue { key: list.size.to_string(), value });
            }
            list.size += 1;
        }
    }
    list.truncated = (list.children.len() as u64) < list.size;
    Ok(list)
}
