use std::collections::BTreeSet;

use data_encoding::BASE64;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, ReflectMessage, Value};
use serde_json::{Map, Value as Json, json};

use super::{Described, reflect};

/// Where two messages differ, one entry per place: its path, then the old value after `-` and the new after `+`.
///
/// Paths and values are those of Go's JSON of the message, which is what FlyteAdmin prints: fields by their protobuf
/// names, a oneof as an object under its own name.
pub fn describe_difference<M: Described>(old: &M, new: &M) -> String {
    let tree = |message: &M| reflect(message).map_or(Json::Null, |message| message_tree(&message));
    let mut found = Vec::new();
    compare("", &tree(old), &tree(new), &mut found);
    found.join("\n")
}

fn compare(path: &str, old: &Json, new: &Json, found: &mut Vec<String>) {
    match (old, new) {
        (Json::Object(before), Json::Object(after)) => {
            let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            for key in keys {
                let path = format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
                compare(
                    &path,
                    before.get(key).unwrap_or(&Json::Null),
                    after.get(key).unwrap_or(&Json::Null),
                    found,
                );
            }
        }
        (Json::Array(before), Json::Array(after)) => {
            for index in 0..before.len().max(after.len()) {
                compare(
                    &format!("{path}/{index}"),
                    before.get(index).unwrap_or(&Json::Null),
                    after.get(index).unwrap_or(&Json::Null),
                    found,
                );
            }
        }
        _ if old == new => {}
        _ => found.push(format!("{path}:\n\t- {} \n\t+ {}", printed(old), printed(new))),
    }
}

/// A value as Go's `%v` prints it.
fn printed(value: &Json) -> String {
    match value {
        Json::Null => "<nil>".into(),
        Json::String(text) => text.clone(),
        Json::Array(items) => {
            format!("[{}]", items.iter().map(printed).collect::<Vec<_>>().join(" "))
        }
        Json::Object(fields) => {
            let sorted: BTreeSet<&String> = fields.keys().collect();
            let entries: Vec<_> =
                sorted.into_iter().map(|key| format!("{key}:{}", printed(&fields[key.as_str()]))).collect();
            format!("map[{}]", entries.join(" "))
        }
        other => other.to_string(),
    }
}

fn message_tree(message: &DynamicMessage) -> Json {
    let mut tree = Map::new();
    for field in message.descriptor().fields() {
        let oneof = field.containing_oneof().filter(|oneof| !oneof.is_synthetic());
        let present = message.has_field(&field);
        match oneof {
            Some(oneof) if present => {
                let value = value_tree(&field, message.get_field(&field).as_ref());
                tree.insert(go_name(oneof.name()), json!({ go_name(field.name()): value }));
            }
            // Go prints an unset oneof as null, which is what an absent key means to `compare`.
            Some(oneof) => {
                tree.entry(go_name(oneof.name())).or_insert(Json::Null);
            }
            None if present => {
                tree.insert(field.name().into(), value_tree(&field, message.get_field(&field).as_ref()));
            }
            None => {}
        }
    }
    Json::Object(tree)
}

fn value_tree(field: &FieldDescriptor, value: &Value) -> Json {
    match value {
        Value::Message(message) => message_tree(message),
        Value::List(items) => items.iter().map(|item| value_tree(field, item)).collect(),
        Value::Map(entries) => {
            let kind = field.kind();
            let values = kind.as_message().map(|entry| entry.map_entry_value_field());
            let tree = entries
                .iter()
                .map(|(key, value)| (key_text(key), value_tree(values.as_ref().unwrap_or(field), value)))
                .collect();
            Json::Object(tree)
        }
        Value::EnumNumber(number) => json!(number),
        Value::String(text) => json!(text),
        Value::Bytes(bytes) => json!(BASE64.encode(bytes)),
        Value::Bool(value) => json!(value),
        Value::I32(value) => json!(value),
        Value::I64(value) => json!(value),
        Value::U32(value) => json!(value),
        Value::U64(value) => json!(value),
        Value::F32(value) => json!(value),
        // A whole number has no decimal point in Go's printing.
        Value::F64(value) if matches!(field.kind(), Kind::Double) && value.fract() == 0.0 => {
            json!(*value as i64)
        }
        Value::F64(value) => json!(value),
    }
}

fn key_text(key: &MapKey) -> String {
    match key {
        MapKey::String(text) => text.clone(),
        MapKey::Bool(value) => value.to_string(),
        MapKey::I32(value) => value.to_string(),
        MapKey::I64(value) => value.to_string(),
        MapKey::U32(value) => value.to_string(),
        MapKey::U64(value) => value.to_string(),
    }
}

/// The name of a Go struct field generated for a protobuf name: `k8s_pod` becomes `K8SPod`.
fn go_name(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut upper = true;
    for character in name.chars() {
        if character == '_' {
            upper = true;
        } else if upper && character.is_ascii_lowercase() {
            out.push(character.to_ascii_uppercase());
            upper = false;
        } else {
            out.push(character);
            upper = character.is_ascii_digit();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::idl::core;

    fn task(image: &str, args: &[&str]) -> core::CompiledTask {
        let container = core::Container {
            image: image.into(),
            args: args.iter().map(|arg| (*arg).into()).collect(),
            ..Default::default()
        };
        core::CompiledTask {
            template: Some(core::TaskTemplate {
                target: Some(core::task_template::Target::Container(container)),
                ..Default::default()
            }),
        }
    }

    #[test]
    fn a_changed_value_is_named_by_its_path() {
        assert_eq!(
            describe_difference(&task("a:1", &[]), &task("b:1", &[])),
            "/template/Target/Container/image:\n\t- a:1 \n\t+ b:1"
        );
    }

    #[test]
    fn an_item_more_is_named_too() {
        assert_eq!(
            describe_difference(&task("a", &["x"]), &task("a", &["x", "y"])),
            "/template/Target/Container/args/1:\n\t- <nil> \n\t+ y"
        );
    }

    #[test]
    fn go_field_names() {
        assert_eq!(go_name("k8s_pod"), "K8SPod");
        assert_eq!(go_name("float_value"), "FloatValue");
        assert_eq!(go_name("target"), "Target");
    }
}
