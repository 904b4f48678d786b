//! The part of a literal that a promise's attributes lead to: into collections, maps, structs and MessagePack.

use flyte_idl::google::protobuf::{Struct, Value, value::Kind};
use rmp::Marker;

use super::bindings::none;
use crate::idl::core::{
    Binary, Literal, LiteralCollection, Primitive, PromiseAttribute, Scalar, literal, primitive,
    promise_attribute, scalar,
};

/// How flytekit marks binary values that are MessagePack.
const MESSAGE_PACK: &str = "msgpack";

/// How deep MessagePack may be nested.
const DEEPEST: usize = 200;

/// The part of `literal` at the end of `path`, or why there is none.
pub fn follow(literal: &Literal, path: &[PromiseAttribute]) -> Result<Literal, String> {
    let mut current = literal;
    let mut rest = path;
    while let Some((attribute, behind)) = rest.split_first() {
        current = match &current.value {
            Some(literal::Value::Map(map)) => {
                let key = key(attribute)?;
                map.literals.get(key).ok_or_else(|| no_key(key))?
            }
            Some(literal::Value::Collection(items)) => {
                let index = index(attribute)?;
                items.literals.get(index).ok_or_else(|| no_item(index))?
            }
            Some(literal::Value::Scalar(scalar)) => return in_scalar(scalar, rest),
            _ => return Err("a value without parts has no attributes".into()),
        };
        rest = behind;
    }
    Ok(current.clone())
}

fn in_scalar(scalar: &Scalar, path: &[PromiseAttribute]) -> Result<Literal, String> {
    match &scalar.value {
        Some(scalar::Value::Generic(fields)) => in_struct(fields, path),
        Some(scalar::Value::Binary(binary)) if binary.tag == MESSAGE_PACK => {
            in_message_pack(&binary.value, path)
        }
        Some(scalar::Value::Binary(binary)) => {
            Err(format!("Unsupported format '{}' found for literal value.", binary.tag))
        }
        Some(scalar::Value::Union(union)) => match union.value.as_deref() {
            Some(literal) => follow(literal, path),
            None => Err("a union without a value has no attributes".into()),
        },
        _ => Err("a value without parts has no attributes".into()),
    }
}

fn key(attribute: &PromiseAttribute) -> Result<&str, String> {
    match &attribute.value {
        Some(promise_attribute::Value::StringValue(key)) => Ok(key),
        _ => Err("an entry of a map is named by a string, not by a number".into()),
    }
}

fn index(attribute: &PromiseAttribute) -> Result<usize, String> {
    match &attribute.value {
        Some(promise_attribute::Value::IntValue(index)) => {
            usize::try_from(*index).map_err(|_| format!("index [{index}] is out of range"))
        }
        _ => Err("an item of a collection is named by a number, not by a string".into()),
    }
}

fn no_key(key: &str) -> String {
    format!("key [{key}] does not exist in literal")
}

fn no_item(index: usize) -> String {
    format!("index [{index}] is out of range")
}

fn in_struct(fields: &Struct, path: &[PromiseAttribute]) -> Result<Literal, String> {
    let Some((first, rest)) = path.split_first() else {
        return Ok(of_scalar(scalar::Value::Generic(fields.clone())));
    };
    let first = key(first)?;
    let mut current = fields.fields.get(first).ok_or_else(|| no_key(first))?;
    for attribute in rest {
        current = match &current.kind {
            Some(Kind::StructValue(fields)) => {
                let key = key(attribute)?;
                fields.fields.get(key).ok_or_else(|| no_key(key))?
            }
            Some(Kind::ListValue(list)) => {
                let index = index(attribute)?;
                list.values.get(index).ok_or_else(|| no_item(index))?
            }
            _ => return Err("a value without parts has no attributes".into()),
        };
    }
    Ok(of_value(current))
}

fn of_value(value: &Value) -> Literal {
    match &value.kind {
        Some(Kind::StringValue(text)) => of_primitive(primitive::Value::StringValue(text.clone())),
        Some(Kind::NumberValue(number)) => of_primitive(primitive::Value::FloatValue(*number)),
        Some(Kind::BoolValue(flag)) => of_primitive(primitive::Value::Boolean(*flag)),
        Some(Kind::StructValue(fields)) => of_scalar(scalar::Value::Generic(fields.clone())),
        Some(Kind::ListValue(list)) => collection(list.values.iter().map(of_value).collect()),
        Some(Kind::NullValue(_)) | None => none(),
    }
}

fn of_scalar(value: scalar::Value) -> Literal {
    let scalar = Scalar { value: Some(value) };
    Literal { value: Some(literal::Value::Scalar(Box::new(scalar))), ..Default::default() }
}

fn of_primitive(value: primitive::Value) -> Literal {
    of_scalar(scalar::Value::Primitive(Primitive { value: Some(value) }))
}

fn collection(literals: Vec<Literal>) -> Literal {
    Literal { value: Some(literal::Value::Collection(LiteralCollection { literals })), ..Default::default() }
}

fn in_message_pack(data: &[u8], path: &[PromiseAttribute]) -> Result<Literal, String> {
    let mut current = data;
    for attribute in path {
        let mut rest = current;
        current = match Head::read(&mut rest)? {
            Head::Map(length) => entry(&mut rest, length, key(attribute)?)?,
            Head::Array(length) => {
                let index = index(attribute)?;
                if index >= length {
                    return Err(no_item(index));
                }
                for _ in 0..index {
                    skip(&mut rest, DEEPEST)?;
                }
                rest
            }
            Head::Other(_) => return Err("a value without parts has no attributes".into()),
        };
    }
    of_packed(current)
}

/// What begins with the value of a map's entry.
fn entry<'a>(rest: &mut &'a [u8], length: usize, key: &str) -> Result<&'a [u8], String> {
    for _ in 0..length {
        let before = *rest;
        skip(rest, DEEPEST)?;
        if rmp::decode::read_str_from_slice(before).is_ok_and(|(name, _)| name == key) {
            return Ok(rest);
        }
        skip(rest, DEEPEST)?;
    }
    Err(no_key(key))
}

/// The literal of the value that `data` begins with: primitives as such, collections item by item, the rest as it is.
fn of_packed(data: &[u8]) -> Result<Literal, String> {
    let mut rest = data;
    let value = match Head::read(&mut rest)? {
        Head::Array(length) => {
            let mut items = Vec::new();
            for _ in 0..length {
                items.push(packed(first(&mut rest)?));
            }
            return Ok(collection(items));
        }
        Head::Other(Marker::True) => primitive::Value::Boolean(true),
        Head::Other(Marker::False) => primitive::Value::Boolean(false),
        Head::Other(Marker::F32) => {
            primitive::Value::FloatValue(rmp::decode::read_f32(&mut &*data).map_err(broken)?.into())
        }
        Head::Other(Marker::F64) => {
            primitive::Value::FloatValue(rmp::decode::read_f64(&mut &*data).map_err(broken)?)
        }
        Head::Other(Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32) => {
            let (text, _) = rmp::decode::read_str_from_slice(data)
                .map_err(|error| format!("the MessagePack holds a broken text: {error}"))?;
            primitive::Value::StringValue(text.to_owned())
        }
        Head::Other(
            Marker::FixPos(_)
            | Marker::FixNeg(_)
            | Marker::U8
            | Marker::U16
            | Marker::U32
            | Marker::U64
            | Marker::I8
            | Marker::I16
            | Marker::I32
            | Marker::I64,
        ) => primitive::Value::Integer(
            rmp::decode::read_int(&mut &*data)
                .map_err(|error| format!("the MessagePack holds no integer of 64 bits: {error}"))?,
        ),
        Head::Map(_) | Head::Other(_) => return Ok(packed(first(&mut &*data)?)),
    };
    Ok(of_primitive(value))
}

fn packed(data: &[u8]) -> Literal {
    of_scalar(scalar::Value::Binary(Binary { value: data.to_vec().into(), tag: MESSAGE_PACK.into() }))
}

/// Takes the bytes of the first value off `rest`.
fn first<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], String> {
    let before = *rest;
    skip(rest, DEEPEST)?;
    before.get(..before.len() - rest.len()).ok_or_else(cut_off)
}

/// What a value begins with.
enum Head {
    Map(usize),
    Array(usize),
    Other(Marker),
}

impl Head {
    fn read(rest: &mut &[u8]) -> Result<Self, String> {
        let marker = rmp::decode::read_marker(rest).map_err(|error| broken(error.0))?;
        Ok(match marker {
            Marker::FixMap(length) => Self::Map(length.into()),
            Marker::Map16 => Self::Map(number(rest, 2)?),
            Marker::Map32 => Self::Map(number(rest, 4)?),
            Marker::FixArray(length) => Self::Array(length.into()),
            Marker::Array16 => Self::Array(number(rest, 2)?),
            Marker::Array32 => Self::Array(number(rest, 4)?),
            other => Self::Other(other),
        })
    }
}

/// Takes one whole value off `rest`.
fn skip(rest: &mut &[u8], depth: usize) -> Result<(), String> {
    if depth == 0 {
        return Err(format!("the MessagePack is nested deeper than {DEEPEST} levels"));
    }
    let length = match Head::read(rest)? {
        Head::Map(length) => {
            return (0..length).try_for_each(|_| skip(rest, depth - 1).and_then(|()| skip(rest, depth - 1)));
        }
        Head::Array(length) => return (0..length).try_for_each(|_| skip(rest, depth - 1)),
        Head::Other(marker) => match marker {
            Marker::U8 | Marker::I8 => 1,
            Marker::U16 | Marker::I16 | Marker::FixExt1 => 2,
            Marker::FixExt2 => 3,
            Marker::U32 | Marker::I32 | Marker::F32 => 4,
            Marker::FixExt4 => 5,
            Marker::U64 | Marker::I64 | Marker::F64 => 8,
            Marker::FixExt8 => 9,
            Marker::FixExt16 => 17,
            Marker::FixStr(length) => length.into(),
            Marker::Str8 | Marker::Bin8 => number(rest, 1)?,
            Marker::Str16 | Marker::Bin16 => number(rest, 2)?,
            Marker::Str32 | Marker::Bin32 => number(rest, 4)?,
            Marker::Ext8 => number(rest, 1)? + 1,
            Marker::Ext16 => number(rest, 2)? + 1,
            Marker::Ext32 => number(rest, 4)? + 1,
            _ => 0,
        },
    };
    take(rest, length).map(|_| ())
}

/// Takes a big-endian number of `bytes` bytes off `rest`.
fn number(rest: &mut &[u8], bytes: usize) -> Result<usize, String> {
    Ok(take(rest, bytes)?.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], String> {
    let (taken, behind) = rest.split_at_checked(length).ok_or_else(cut_off)?;
    *rest = behind;
    Ok(taken)
}

fn cut_off() -> String {
    "the MessagePack ends too early".into()
}

fn broken(error: impl std::fmt::Display) -> String {
    format!("the MessagePack is broken: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::idl::core::LiteralMap;

    fn path(parts: &[&str]) -> Vec<PromiseAttribute> {
        let attribute = |part: &&str| match part.parse() {
            Ok(index) => promise_attribute::Value::IntValue(index),
            Err(_) => promise_attribute::Value::StringValue((*part).to_owned()),
        };
        parts.iter().map(|part| PromiseAttribute { value: Some(attribute(part)) }).collect()
    }

    fn integer(value: i64) -> Literal {
        of_primitive(primitive::Value::Integer(value))
    }

    #[test]
    fn into_maps_and_collections() {
        let inner = collection(vec![integer(1), integer(2)]);
        let map = LiteralMap { literals: [("a".to_owned(), inner.clone())].into() };
        let literal = Literal { value: Some(literal::Value::Map(map)), ..Default::default() };
        assert_eq!(follow(&literal, &path(&["a", "1"])), Ok(integer(2)));
        assert_eq!(follow(&literal, &path(&["a"])), Ok(inner));
        assert_eq!(follow(&literal, &path(&["a", "2"])), Err("index [2] is out of range".into()));
        assert_eq!(follow(&literal, &path(&["b"])), Err("key [b] does not exist in literal".into()));
        assert!(follow(&integer(1), &path(&["a"])).is_err());
        assert_eq!(follow(&integer(1), &[]), Ok(integer(1)));
    }

    #[test]
    fn into_structs() {
        let value = |kind| Value { kind: Some(kind) };
        let fields = Struct { fields: [("n".to_owned(), value(Kind::NumberValue(1.5)))].into() };
        let outer = Struct { fields: [("s".to_owned(), value(Kind::StructValue(fields.clone())))].into() };
        let literal = of_scalar(scalar::Value::Generic(outer));
        assert_eq!(follow(&literal, &path(&["s", "n"])), Ok(of_primitive(primitive::Value::FloatValue(1.5))));
        assert_eq!(follow(&literal, &path(&["s"])), Ok(of_scalar(scalar::Value::Generic(fields))));
    }

    #[test]
    fn into_message_pack() {
        // {"skipped": [1.0, nil], "a": {"b": [7, "x", {"c": true}]}}
        let mut data = Vec::new();
        data.extend(
            b"\x82\xa7skipped\x92\xcb\x3f\xf0\0\0\0\0\0\0\xc0\xa1a\x81\xa1b\x93\x07\xa1x\x81\xa1c\xc3",
        );
        let literal = packed(&data);
        let found = |parts: &[&str]| follow(&literal, &path(parts));
        assert_eq!(found(&["a", "b", "0"]), Ok(integer(7)));
        assert_eq!(found(&["a", "b", "1"]), Ok(of_primitive(primitive::Value::StringValue("x".into()))));
        assert_eq!(found(&["a", "b", "2", "c"]), Ok(of_primitive(primitive::Value::Boolean(true))));
        assert_eq!(found(&["a", "b", "2"]), Ok(packed(b"\x81\xa1c\xc3")));
        let items = vec![packed(b"\x07"), packed(b"\xa1x"), packed(b"\x81\xa1c\xc3")];
        assert_eq!(found(&["a", "b"]), Ok(collection(items)));
        assert_eq!(found(&["a", "b", "3"]), Err("index [3] is out of range".into()));
        assert_eq!(found(&["z"]), Err("key [z] does not exist in literal".into()));
        let cut = packed(&data[..data.len() - 6]);
        assert!(follow(&cut, &path(&["a", "b", "1"])).is_err());
    }
}
