//! Literals from their wire bytes. Field numbers are those of `flyteidl/core/literals.proto`.

use flyte_idl::flyteidl::core::literal_type::Type;
use flyte_idl::flyteidl::core::{
    Binary, Blob, Error, LiteralOffloadedMetadata, LiteralType, Primitive, Schema, StructuredDataset,
    VariableMap, primitive,
};
use prost::Message;

use super::limits::Budget;
use super::{NamedValue, Value, ValueKind, ValueLimits, msgpack, order, structs, text, types};
use crate::wire::{Fields, WireError, WireValue};

/// Tag of [`Binary`] for msgpack, as flytekit 1.14 and later write dataclasses and Pydantic models.
const MSGPACK: &str = "msgpack";

/// One decoding: the limits are shared by all that it reads.
pub(super) struct Decoder<'l> {
    budget: Budget<'l>,
}

impl<'l> Decoder<'l> {
    pub(super) fn new(limits: &'l ValueLimits) -> Self {
        Self { budget: Budget::new(limits) }
    }

    /// The literals of a `LiteralMap`, each with what `interface` declares for its name.
    pub(super) fn named_values(
        &mut self,
        map: &[u8],
        interface: Option<&VariableMap>,
    ) -> Result<Vec<NamedValue>, WireError> {
        let declared = |name: &str| interface?.variables.get(name)?.r#type.as_ref();
        let entries = sorted_entries(map)?;
        Ok(entries
            .into_iter()
            .map(|(key, bytes)| NamedValue {
                key: key.to_owned(),
                value: self.literal(bytes, declared(key), 0),
            })
            .collect())
    }

    /// A `Literal`. Bytes that are not one become a value that says so: its neighbours are still worth showing.
    fn literal(&mut self, bytes: &[u8], declared: Option<&LiteralType>, depth: usize) -> Value {
        let name = || declared.map_or_else(String::new, types::type_name);
        if !self.budget.take(depth) {
            return Value::unread(name(), bytes.len());
        }
        match self.read_literal(bytes, declared, depth) {
            Ok(value) => value,
            Err(error) => Value::unknown(name(), format!("not readable: {error}"), bytes.len()),
        }
    }

    fn read_literal(
        &mut self,
        bytes: &[u8],
        declared: Option<&LiteralType>,
        depth: usize,
    ) -> Result<Value, WireError> {
        match last_of(bytes, &[1, 2, 3, 8])? {
            Some((1, scalar)) => self.scalar(scalar, declared, depth),
            Some((2, collection)) => self.collection(collection, declared, depth),
            Some((3, map)) => self.map(map, declared, depth),
            Some((8, offloaded)) => offloaded_value(offloaded, declared),
            // An empty oneof, or one that only a newer flyteidl knows.
            _ => Ok(Value::unknown(
                declared.map_or_else(String::new, types::type_name),
                "a literal without a value that this version knows",
                bytes.len(),
            )),
        }
    }

    fn scalar(
        &mut self,
        bytes: &[u8],
        declared: Option<&LiteralType>,
        depth: usize,
    ) -> Result<Value, WireError> {
        let Some((field, content)) = last_of(bytes, &[1, 2, 3, 4, 5, 6, 7, 8, 9])? else {
            return Ok(Value::unknown("", "a scalar without a value that this version knows", bytes.len()));
        };
        match field {
            1 => Ok(self.primitive(&message::<Primitive>(content)?, declared)),
            2 => {
                let blob = message::<Blob>(content)?;
                let name = blob.metadata.and_then(|metadata| metadata.r#type).unwrap_or_default();
                Ok(self.budget.text(ValueKind::Blob, types::blob_name(&name), &blob.uri))
            }
            3 => self.binary(&message::<Binary>(content)?),
            4 => Ok(self.budget.text(ValueKind::Schema, "schema", &message::<Schema>(content)?.uri)),
            5 => Ok(Value::new(ValueKind::None, "none")),
            6 => Ok(self.error(&message::<Error>(content)?)),
            7 => structs::structure(content, &mut self.budget, depth),
            8 => Ok(self.dataset(&message::<StructuredDataset>(content)?)),
            _ => self.union(content, declared, depth),
        }
    }

    fn primitive(&self, primitive: &Primitive, declared: Option<&LiteralType>) -> Value {
        use primitive::Value as P;
        match &primitive.value {
            Some(P::Integer(number)) => Value::scalar(ValueKind::Integer, "integer", number.to_string()),
            Some(P::FloatValue(number)) => Value::scalar(ValueKind::Float, "float", text::float(*number)),
            Some(P::StringValue(string)) => match declared {
                Some(LiteralType { r#type: Some(Type::EnumType(_)), .. }) => self.budget.text(
                    ValueKind::Enum,
                    declared.map_or_else(String::new, types::type_name),
                    string,
                ),
                _ => self.budget.text(ValueKind::String, "string", string),
            },
            Some(P::Boolean(truth)) => Value::scalar(ValueKind::Boolean, "boolean", truth.to_string()),
            Some(P::Datetime(at)) => {
                Value::scalar(ValueKind::Datetime, "datetime", text::datetime(at.seconds, at.nanos))
            }
            Some(P::Duration(span)) => {
                Value::scalar(ValueKind::Duration, "duration", text::duration(span.seconds, span.nanos))
            }
            None => Value::unknown("", "a primitive without a value that this version knows", 0),
        }
    }

    fn binary(&mut self, binary: &Binary) -> Result<Value, WireError> {
        if binary.tag != MSGPACK {
            let name =
                if binary.tag.is_empty() { "binary".to_owned() } else { format!("binary[{}]", binary.tag) };
            return Ok(self.budget.binary(name, &binary.value));
        }
        Ok(msgpack::value(&binary.value, &mut self.budget)
            .unwrap_or_else(|error| Value::unknown("struct", error.to_string(), binary.value.len())))
    }

    fn error(&self, error: &Error) -> Value {
        let mut value = self.budget.text(ValueKind::Error, "error", &error.message);
        if !error.failed_node_id.is_empty() {
            let node = self.budget.text(ValueKind::String, "string", &error.failed_node_id);
            value.children.push(NamedValue { key: "failed_node_id".to_owned(), value: node });
        }
        value
    }

    fn dataset(&self, dataset: &StructuredDataset) -> Value {
        let declared =
            dataset.metadata.as_ref().and_then(|metadata| metadata.structured_dataset_type.as_ref());
        let format = declared.map_or("", |declared| declared.format.as_str());
        let columns = declared.map_or(&[][..], |declared| &declared.columns);
        let mut value =
            self.budget.text(ValueKind::StructuredDataset, types::dataset_name(format), &dataset.uri);
        let shown = columns.iter().take(self.budget.max_items());
        value.children = shown
            .map(|column| {
                let name =
                    column.literal_type.as_ref().map_or_else(|| "unknown".to_owned(), types::type_name);
                NamedValue {
                    key: column.name.clone(),
                    value: Value::scalar(ValueKind::String, "column", name),
                }
            })
            .collect();
        value.truncated |= value.children.len() < columns.len();
        value
    }

    /// `Union`: 1 is the value, 2 the type of the variant that it is.
    fn union(
        &mut self,
        bytes: &[u8],
        declared: Option<&LiteralType>,
        depth: usize,
    ) -> Result<Value, WireError> {
        let (mut content, mut variant): (&[u8], Option<LiteralType>) = (&[], None);
        for field in Fields::new(bytes) {
            match field? {
                (1, value) => content = value.bytes()?,
                (2, value) => variant = Some(message(value.bytes()?)?),
                _ => {}
            }
        }
        let value = self.literal(content, variant.as_ref(), depth + 1);
        let key = variant.as_ref().map_or_else(|| value.type_name.clone(), types::type_name);
        let name = declared.map_or_else(|| format!("union[{key}]"), types::type_name);
        Ok(Value { children: vec![NamedValue { key, value }], size: 1, ..Value::new(ValueKind::Union, name) })
    }

    /// `LiteralCollection`: 1 is an item.
    fn collection(
        &mut self,
        bytes: &[u8],
        declared: Option<&LiteralType>,
        depth: usize,
    ) -> Result<Value, WireError> {
        let item_type = match declared.and_then(|declared| declared.r#type.as_ref()) {
            Some(Type::CollectionType(item)) => Some(item.as_ref()),
            _ => None,
        };
        let mut value = Value::new(ValueKind::Collection, "");
        for field in Fields::new(bytes) {
            if let (1, item) = field? {
                if value.children.len() < self.budget.max_items() {
                    let item = self.literal(item.bytes()?, item_type, depth + 1);
                    value.children.push(NamedValue { key: value.size.to_string(), value: item });
                }
                value.size += 1;
            }
        }
        value.truncated = (value.children.len() as u64) < value.size;
        value.type_name = declared.map_or_else(|| container_name("list", "", &value), types::type_name);
        Ok(value)
    }

    fn map(
        &mut self,
        bytes: &[u8],
        declared: Option<&LiteralType>,
        depth: usize,
    ) -> Result<Value, WireError> {
        let item_type = match declared.and_then(|declared| declared.r#type.as_ref()) {
            Some(Type::MapValueType(item)) => Some(item.as_ref()),
            _ => None,
        };
        let entries = sorted_entries(bytes)?;
        let mut value = Value { size: entries.len() as u64, ..Value::new(ValueKind::Map, "") };
        value.truncated = entries.len() > self.budget.max_items();
        for (key, item) in entries.into_iter().take(self.budget.max_items()) {
            let item = self.literal(item, item_type, depth + 1);
            value.children.push(NamedValue { key: key.to_owned(), value: item });
        }
        value.type_name =
            declared.map_or_else(|| container_name("map", "string, ", &value), types::type_name);
        Ok(value)
    }
}

/// The entries of a `LiteralMap` (1 is an entry: 1 its key, 2 its literal), sorted by key. Of a key that comes twice the
/// last counts, as protobuf rules.
pub(super) fn sorted_entries(map: &[u8]) -> Result<Vec<(&str, &[u8])>, WireError> {
    let mut entries = Vec::new();
    for field in Fields::new(map) {
        let (1, entry) = field? else { continue };
        let (mut key, mut value): (&str, &[u8]) = ("", &[]);
        for field in Fields::new(entry.bytes()?) {
            match field? {
                (1, text) => key = text.text()?,
                (2, content) => value = content.bytes()?,
                _ => {}
            }
        }
        entries.push((key, value));
    }
    entries.reverse();
    entries.sort_by(|(left, _), (right, _)| order::natural(left, right));
    entries.dedup_by(|(later, _), (first, _)| later == first);
    Ok(entries)
}

/// The last of the fields `wanted` that the message holds: what a oneof means on the wire.
fn last_of<'a>(bytes: &'a [u8], wanted: &[u32]) -> Result<Option<(u32, &'a [u8])>, WireError> {
    let mut found = None;
    for field in Fields::new(bytes) {
        let (number, value) = field?;
        if wanted.contains(&number) {
            let WireValue::Bytes(content) = value else {
                return Err(WireError::WrongType { expected: "length-delimited" });
            };
            found = Some((number, content));
        }
    }
    Ok(found)
}

/// `LiteralOffloadedMetadata`: where the literal is, how large, and of what type.
fn offloaded_value(bytes: &[u8], declared: Option<&LiteralType>) -> Result<Value, WireError> {
    let offloaded = message::<LiteralOffloadedMetadata>(bytes)?;
    let name = offloaded.inferred_type.as_ref().or(declared).map_or_else(String::new, types::type_name);
    Ok(Value { size: offloaded.size_bytes, ..Value::scalar(ValueKind::Offloaded, name, offloaded.uri) })
}

/// `list[integer]` or `map[string, integer]` from the parts themselves; without brackets when there are none.
fn container_name(container: &str, before: &str, value: &Value) -> String {
    match types::common(value.children.iter().map(|child| child.value.type_name.as_str())) {
        Some(item) => format!("{container}[{before}{item}]"),
        None => container.to_owned(),
    }
}

/// A small message decoded whole.
fn message<M: Message + Default>(bytes: &[u8]) -> Result<M, WireError> {
    M::decode(bytes).map_err(|_| WireError::Malformed)
}
