use std::fmt::Write;

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, ReflectMessage, Value};

use super::{Described, reflect};

/// A message as Go's `%v` prints it inside FlyteAdmin's errors: `project:"a"  domain:"b"`, two spaces between fields,
/// nested messages in braces.
pub fn text<M: Described>(message: &M) -> String {
    let mut out = String::new();
    if let Some(message) = reflect(message) {
        write_message(&mut out, &message);
    }
    out
}

fn write_message(out: &mut String, message: &DynamicMessage) {
    let mut separator = "";
    for field in message.descriptor().fields() {
        if !message.has_field(&field) {
            continue;
        }
        match message.get_field(&field).as_ref() {
            Value::List(items) => {
                for item in items {
                    out.push_str(separator);
                    separator = "  ";
                    write_field(out, &field, item);
                }
            }
            Value::Map(entries) => {
                let mut entries: Vec<_> = entries.iter().collect();
                entries.sort_by_key(|(key, _)| key_text(key));
                for (key, value) in entries {
                    out.push_str(separator);
                    separator = "  ";
                    let _ = write!(out, "{}:{{key:{}  value:", field.name(), key_text(key));
                    let kind = field.kind();
                    let value_field = kind.as_message().map(|entry| entry.map_entry_value_field());
                    write_value(out, value_field.as_ref().unwrap_or(&field), value);
                    out.push('}');
                }
            }
            value => {
                out.push_str(separator);
                separator = "  ";
                write_field(out, &field, value);
            }
        }
    }
}

fn write_field(out: &mut String, field: &FieldDescriptor, value: &Value) {
    out.push_str(field.name());
    out.push(':');
    write_value(out, field, value);
}

fn write_value(out: &mut String, field: &FieldDescriptor, value: &Value) {
    // Writing to a String cannot fail, so the results of `write!` say nothing.
    let _ = match value {
        Value::Message(message) => {
            out.push('{');
            write_message(out, message);
            out.push('}');
            Ok(())
        }
        Value::EnumNumber(number) => match field.kind() {
            Kind::Enum(kind) => match kind.get_value(*number) {
                Some(value) => write!(out, "{}", value.name()),
                None => write!(out, "{number}"),
            },
            _ => write!(out, "{number}"),
        },
        Value::String(text) => write!(out, "{}", quoted(text)),
        Value::Bytes(bytes) => write!(out, "{}", quoted(&String::from_utf8_lossy(bytes))),
        Value::Bool(value) => write!(out, "{value}"),
        Value::I32(value) => write!(out, "{value}"),
        Value::I64(value) => write!(out, "{value}"),
        Value::U32(value) => write!(out, "{value}"),
        Value::U64(value) => write!(out, "{value}"),
        Value::F32(value) => write!(out, "{value}"),
        Value::F64(value) => write!(out, "{value}"),
        Value::List(_) | Value::Map(_) => Ok(()),
    };
}

fn key_text(key: &MapKey) -> String {
    match key {
        MapKey::String(text) => quoted(text),
        MapKey::Bool(value) => value.to_string(),
        MapKey::I32(value) => value.to_string(),
        MapKey::I64(value) => value.to_string(),
        MapKey::U32(value) => value.to_string(),
        MapKey::U64(value) => value.to_string(),
    }
}

/// A string in the text format's double quotes: only quotes, backslashes and control characters are escaped.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::text;
    use crate::idl::core::{self, literal_type};

    #[test]
    fn identifiers_read_as_in_flyteadmins_errors() {
        let id = core::NodeExecutionIdentifier {
            node_id: "n0".into(),
            execution_id: Some(core::WorkflowExecutionIdentifier {
                project: "flytesnacks".into(),
                domain: "development".into(),
                name: "a\"b".into(),
                org: String::new(),
            }),
        };
        assert_eq!(
            text(&id),
            r#"node_id:"n0"  execution_id:{project:"flytesnacks"  domain:"development"  name:"a\"b"}"#
        );
    }

    #[test]
    fn enums_print_their_names() {
        let simple = core::LiteralType {
            r#type: Some(literal_type::Type::Simple(core::SimpleType::Integer as i32)),
            ..Default::default()
        };
        assert_eq!(text(&simple), "simple:INTEGER");
    }
}
