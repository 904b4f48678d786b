//! Literals as text, as they stand in a command for `{{.inputs.NAME}}`.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::idl::core::{Literal, Primitive, Scalar, literal, primitive, scalar};

/// A literal in propeller's words, or why it has none. Collections are `[a,b]`; files and schemas their address.
pub fn text(literal: &Literal) -> Result<String, String> {
    match &literal.value {
        Some(literal::Value::Scalar(scalar)) => scalar_text(scalar),
        Some(literal::Value::Collection(collection)) => {
            let parts: Result<Vec<_>, _> = collection.literals.iter().map(text).collect();
            Ok(format!("[{}]", parts?.join(",")))
        }
        Some(literal::Value::Map(_)) => Err("a map cannot stand in a command".into()),
        _ => Err("it has no value that can stand in a command".into()),
    }
}

fn scalar_text(scalar: &Scalar) -> Result<String, String> {
    match &scalar.value {
        Some(scalar::Value::Primitive(primitive)) => primitive_text(primitive),
        Some(scalar::Value::Blob(blob)) => Ok(blob.uri.clone()),
        Some(scalar::Value::Schema(schema)) => Ok(schema.uri.clone()),
        Some(scalar::Value::Binary(_)) => {
            Err("a record (dataclass, Pydantic model, dictionary) cannot stand in a command here".into())
        }
        _ => Err("a value of its type cannot stand in a command".into()),
    }
}

fn primitive_text(primitive: &Primitive) -> Result<String, String> {
    match &primitive.value {
        Some(primitive::Value::Integer(value)) => Ok(value.to_string()),
        Some(primitive::Value::Boolean(value)) => Ok(value.to_string()),
        Some(primitive::Value::StringValue(value)) => Ok(value.clone()),
        Some(primitive::Value::FloatValue(value)) => Ok(go_float(*value)),
        Some(primitive::Value::Datetime(value)) => OffsetDateTime::from_unix_timestamp(value.seconds)
            .ok()
            .and_then(|time| time.replace_nanosecond(value.nanos.try_into().ok()?).ok())
            .and_then(|time| time.format(&Rfc3339).ok())
            .ok_or_else(|| "its time is out of range".into()),
        Some(primitive::Value::Duration(value)) => {
            let parts = [("seconds", value.seconds), ("nanos", value.nanos.into())];
            let parts = parts.into_iter().filter(|(_, value)| *value != 0);
            Ok(parts.map(|(name, value)| format!("{name}:{value}")).collect::<Vec<_>>().join(" "))
        }
        None => Err("it has no value".into()),
    }
}

/// A number as Go prints it: the shortest form, with an exponent when that is below -4 or above 20.
fn go_float(value: f64) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.into();
    }
    let scientific = format!("{value:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..21).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
        }
        _ => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::idl::core::{LiteralCollection, LiteralMap};
    use crate::idl::{Duration, Timestamp};

    fn of(value: primitive::Value) -> Literal {
        let scalar = Scalar { value: Some(scalar::Value::Primitive(Primitive { value: Some(value) })) };
        Literal { value: Some(literal::Value::Scalar(Box::new(scalar))), ..Default::default() }
    }

    #[test]
    fn primitives_as_propeller_writes_them() {
        use primitive::Value::{Boolean, Datetime, FloatValue, Integer, StringValue};
        let cases = [
            (Integer(-3), "-3"),
            (Boolean(true), "true"),
            (StringValue("a b".into()), "a b"),
            (FloatValue(2.0), "2"),
            (FloatValue(0.1), "0.1"),
            (FloatValue(1e21), "1e+21"),
            (FloatValue(2.5e-7), "2.5e-07"),
            (FloatValue(f64::NEG_INFINITY), "-Inf"),
            (Datetime(Timestamp { seconds: 0, nanos: 500_000_000 }), "1970-01-01T00:00:00.5Z"),
            (primitive::Value::Duration(Duration { seconds: 90, nanos: 5 }), "seconds:90 nanos:5"),
        ];
        for (value, expected) in cases {
            assert_eq!(text(&of(value)).unwrap(), expected);
        }
    }

    #[test]
    fn collections_and_what_has_no_text() {
        let literals = vec![of(primitive::Value::Integer(1)), of(primitive::Value::Integer(2))];
        let list = Literal {
            value: Some(literal::Value::Collection(LiteralCollection { literals })),
            ..Default::default()
        };
        assert_eq!(text(&list).unwrap(), "[1,2]");
        let map = Literal { value: Some(literal::Value::Map(LiteralMap::default())), ..Default::default() };
        assert!(text(&map).unwrap_err().contains("map"));
        assert!(text(&Literal::default()).is_err());
    }
}
