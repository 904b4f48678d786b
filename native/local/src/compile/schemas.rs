use flyte_idl::google::protobuf::{Struct, Value, value::Kind};

/// Whether a structure of the JSON schema `given` can stand where one of `wanted` is: it is the same, or it has all
/// fields of the other and maybe more, as a dataclass that inherits from another does.
///
/// FlyteAdmin asks a general comparison of JSON schemas here. This knows what flytekit writes: objects, lists, and
/// simple types.
pub fn schema_fits(given: &Struct, wanted: &Struct) -> bool {
    if given == wanted {
        return true;
    }
    let same = |keyword| given.fields.get(keyword) == wanted.fields.get(keyword);
    let named = ["type", "enum", "const", "format", "anyOf", "oneOf", "allOf", "$ref"];
    named.into_iter().all(same)
        && part_fits(given, wanted, "items")
        && match (part(given, "properties"), part(wanted, "properties")) {
            (_, None) => true,
            (None, Some(wanted)) => wanted.fields.is_empty(),
            (Some(given), Some(wanted)) => wanted
                .fields
                .keys()
                .all(|name| given.fields.contains_key(name) && part_fits(given, wanted, name)),
        }
        && required(wanted).all(|name| required(given).any(|other| other == name))
}

/// Whether the schemas under `key` fit; what is no schema must be equal.
fn part_fits(given: &Struct, wanted: &Struct, key: &str) -> bool {
    match (part(given, key), part(wanted, key)) {
        (Some(given), Some(wanted)) => schema_fits(given, wanted),
        _ => given.fields.get(key) == wanted.fields.get(key),
    }
}

fn part<'a>(schema: &'a Struct, key: &str) -> Option<&'a Struct> {
    match schema.fields.get(key)?.kind.as_ref()? {
        Kind::StructValue(part) => Some(part),
        _ => None,
    }
}

fn required(schema: &Struct) -> impl Iterator<Item = &Value> {
    let list = match schema.fields.get("required").and_then(|value| value.kind.as_ref()) {
        Some(Kind::ListValue(list)) => list.values.as_slice(),
        _ => &[],
    };
    list.iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use flyte_idl::google::protobuf::ListValue;

    fn text(text: &str) -> Value {
        Value { kind: Some(Kind::StringValue(text.into())) }
    }

    fn schema(fields: Vec<(&str, Value)>) -> Struct {
        Struct { fields: fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect() }
    }

    fn object(title: &str, properties: &[(&str, &str)]) -> Struct {
        let of_type = |found: &str| schema(vec![("type", text(found))]);
        let parts = properties
            .iter()
            .map(|(name, found)| (*name, Value { kind: Some(Kind::StructValue(of_type(found))) }))
            .collect();
        let values = properties.iter().map(|(name, _)| text(name)).collect();
        schema(vec![
            ("type", text("object")),
            ("title", text(title)),
            ("properties", Value { kind: Some(Kind::StructValue(schema(parts))) }),
            ("required", Value { kind: Some(Kind::ListValue(ListValue { values })) }),
        ])
    }

    #[test]
    fn more_fields_fit_and_fewer_or_other_ones_do_not() {
        let base = object("Base", &[("x", "integer")]);
        let more = object("More", &[("x", "integer"), ("y", "string")]);
        assert!(schema_fits(&base, &base));
        assert!(schema_fits(&more, &base));
        assert!(!schema_fits(&base, &more));
        assert!(!schema_fits(&object("Other", &[("x", "string")]), &base));
        assert!(!schema_fits(&schema(vec![("type", text("array"))]), &base));
    }
}
