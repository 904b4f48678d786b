use std::collections::HashMap;

use bytes::Bytes;
use flyte_idl::flyteidl::core::{self, literal, literal_type, primitive, scalar};
use flyte_idl::google::protobuf;
use prost::Message;

use super::*;

const UNLIMITED: ValueLimits =
    ValueLimits { max_text: usize::MAX, max_items: usize::MAX, max_values: usize::MAX };

fn scalar_literal(value: scalar::Value) -> core::Literal {
    literal_of(literal::Value::Scalar(Box::new(core::Scalar { value: Some(value) })))
}

fn literal_of(value: literal::Value) -> core::Literal {
    core::Literal { value: Some(value), ..Default::default() }
}

fn primitive(value: primitive::Value) -> core::Literal {
    scalar_literal(scalar::Value::Primitive(core::Primitive { value: Some(value) }))
}

fn integer(number: i64) -> core::Literal {
    primitive(primitive::Value::Integer(number))
}

fn string(text: &str) -> core::Literal {
    primitive(primitive::Value::StringValue(text.to_owned()))
}

fn msgpack(bytes: &[u8]) -> core::Literal {
    let binary = core::Binary { value: Bytes::copy_from_slice(bytes), tag: "msgpack".to_owned() };
    scalar_literal(scalar::Value::Binary(binary))
}

fn list(items: Vec<core::Literal>) -> core::Literal {
    literal_of(literal::Value::Collection(core::LiteralCollection { literals: items }))
}

fn map_bytes(entries: impl IntoIterator<Item = (&'static str, core::Literal)>) -> Vec<u8> {
    let literals = entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<HashMap<_, _>>();
    core::LiteralMap { literals }.encode_to_vec()
}

fn one(literal: core::Literal, limits: &ValueLimits) -> Value {
    let mut values = decode_literal_map(&map_bytes([("x", literal)]), None, limits).expect("a literal map");
    assert_eq!(values.len(), 1);
    values.remove(0).value
}

/// A value as one line: kind, type, text and parts.
fn line(value: &Value) -> String {
    let parts: Vec<String> =
        value.children.iter().map(|c| format!("{}: {}", c.key, line(&c.value))).collect();
    let parts = if parts.is_empty() { String::new() } else { format!("{{{}}}", parts.join(", ")) };
    let more = if value.truncated { format!("…of {}", value.size) } else { String::new() };
    format!("{:?}<{}>{}{parts}{more}", value.kind, value.type_name, value.text)
}

#[test]
fn primitives_keep_every_digit() {
    let cases = [
        (integer(i64::MIN), "Integer<integer>-9223372036854775808"),
        (primitive(primitive::Value::FloatValue(0.1)), "Float<float>0.1"),
        (primitive(primitive::Value::FloatValue(f64::NAN)), "Float<float>NaN"),
        (string("naïve"), "String<string>naïve"),
        (primitive(primitive::Value::Boolean(false)), "Boolean<boolean>false"),
        (
            primitive(primitive::Value::Datetime(protobuf::Timestamp { seconds: 1, nanos: 1 })),
            "Datetime<datetime>1970-01-01T00:00:01.000000001Z",
        ),
        (
            primitive(primitive::Value::Duration(protobuf::Duration { seconds: 3, nanos: 500_000_000 })),
            "Duration<duration>3.500s",
        ),
        (scalar_literal(scalar::Value::NoneType(core::Void {})), "None<none>"),
    ];
    for (literal, expected) in cases {
        assert_eq!(line(&one(literal, &UNLIMITED)), expected);
    }
}

#[test]
fn names_are_sorted_as_people_count() {
    let map = map_bytes([("o10", integer(10)), ("o2", integer(2)), ("o0", integer(0))]);
    let values = decode_literal_map(&map, None, &UNLIMITED).expect("a literal map");
    assert_eq!(values.iter().map(|value| value.key.as_str()).collect::<Vec<_>>(), ["o0", "o2", "o10"]);
}

#[test]
fn containers_name_what_they_hold() {
    assert_eq!(
        line(&one(list(vec![integer(1), integer(2)]), &UNLIMITED)),
        "Collection<list[integer]>{0: Integer<integer>1, 1: Integer<integer>2}"
    );
    assert_eq!(one(list(vec![integer(1), string("a")]), &UNLIMITED).type_name, "list[any]");
    assert_eq!(one(list(vec![]), &UNLIMITED).type_name, "list");
    let map = core::LiteralMap { literals: HashMap::from([("k".to_owned(), list(vec![string("v")]))]) };
    assert_eq!(
        line(&one(literal_of(literal::Value::Map(map)), &UNLIMITED)),
        "Map<map[string, list[string]]>{k: Collection<list[string]>{0: String<string>v}}"
    );
}

#[test]
fn what_the_interface_declares_names_the_value() {
    let colors = core::EnumType { values: vec!["red".to_owned(), "green".to_owned()] };
    let declared =
        core::LiteralType { r#type: Some(literal_type::Type::EnumType(colors)), ..Default::default() };
    let list_type = core::LiteralType {
        r#type: Some(literal_type::Type::CollectionType(Box::new(declared))),
        ..Default::default()
    };
    let variable = core::Variable { r#type: Some(list_type), ..Default::default() };
    let interface = core::VariableMap { variables: HashMap::from([("x".to_owned(), variable)]) };
    let map = map_bytes([("x", list(vec![string("red")]))]);
    let values = decode_literal_map(&map, Some(&interface), &UNLIMITED).expect("a literal map");
    assert_eq!(line(&values[0].value), "Collection<list[enum[red, green]]>{0: Enum<enum[red, green]>red}");
}

#[test]
fn unions_say_which_variant_they_are() {
    let variant = core::LiteralType {
        r#type: Some(literal_type::Type::Simple(core::SimpleType::Integer.into())),
        ..Default::default()
    };
    let union = core::Union { value: Some(Box::new(integer(7))), r#type: Some(variant) };
    let literal = scalar_literal(scalar::Value::Union(Box::new(union)));
    assert_eq!(line(&one(literal, &UNLIMITED)), "Union<union[integer]>{integer: Integer<integer>7}");
}

#[test]
fn structs_are_records_with_the_integers_that_were_meant() {
    let number = |number| protobuf::Value { kind: Some(protobuf::value::Kind::NumberValue(number)) };
    let items = protobuf::ListValue { values: vec![number(1.5)] };
    let fields = [
        ("b".to_owned(), number(3.0)),
        ("a".to_owned(), protobuf::Value { kind: Some(protobuf::value::Kind::NullValue(0)) }),
        ("c".to_owned(), protobuf::Value { kind: Some(protobuf::value::Kind::ListValue(items)) }),
    ];
    let structure = protobuf::Struct { fields: fields.into_iter().collect() };
    assert_eq!(
        line(&one(scalar_literal(scalar::Value::Generic(structure)), &UNLIMITED)),
        "Record<struct>{a: None<none>, b: Float<number>3, c: Collection<list>{0: Float<number>1.5}}"
    );
}

#[test]
fn msgpack_keeps_field_order_and_64_bits() {
    // {"y": 2**64-1, "x": [-1, 1.5, nil, true], 1: b"\x00"}
    let bytes = [
        &[0x83, 0xa1, b'y', 0xcf][..],
        &[0xff; 8],
        &[0xa1, b'x', 0x94, 0xff, 0xcb],
        &1.5_f64.to_be_bytes(),
        &[0xc0, 0xc3, 0x01, 0xc4, 0x01, 0x00],
    ]
    .concat();
    assert_eq!(
        line(&one(msgpack(&bytes), &UNLIMITED)),
        "Record<struct>{y: Integer<integer>18446744073709551615, x: Collection<list>{0: Integer<integer>-1, \
         1: Float<float>1.5, 2: None<none>, 3: Boolean<boolean>true}, 1: Binary<binary>AA==}"
    );
}

#[test]
fn msgpack_instants_are_datetimes_and_other_extensions_bytes() {
    let at = [&[0xd6, 0xff][..], &1_u32.to_be_bytes()].concat();
    assert_eq!(line(&one(msgpack(&at), &UNLIMITED)), "Datetime<datetime>1970-01-01T00:00:01Z");
    assert_eq!(line(&one(msgpack(&[0xd4, 0x05, 0x2a]), &UNLIMITED)), "Binary<ext[5]>Kg==");
}

#[test]
fn limits_say_what_they_left_out() {
    let limits = ValueLimits { max_text: 3, max_items: 2, max_values: 100 };
    assert_eq!(line(&one(string("äöüß"), &limits)), "String<string>äöü…of 8");
    let cut = one(list((0..5).map(integer).collect()), &limits);
    assert_eq!((cut.children.len(), cut.size, cut.truncated), (2, 5, true));
    // [[1, 2, 3], "after"]: the parts that were passed over do not disturb what follows.
    let bytes = [0x92, 0x93, 1, 2, 3, 0xa1, b'!'];
    assert_eq!(
        line(&one(msgpack(&bytes), &limits)),
        "Collection<list>{0: Collection<list>{0: Integer<integer>1, 1: Integer<integer>2}…of 3, 1: String<string>!}"
    );
}

#[test]
fn values_without_room_are_named_and_not_read() {
    let limits = ValueLimits { max_values: 2, ..UNLIMITED };
    let values = decode_literal_map(
        &map_bytes([("a", integer(1)), ("b", string("b")), ("c", integer(3))]),
        None,
        &limits,
    )
    .expect("a literal map");
    assert_eq!(
        values.iter().map(|value| value.value.kind).collect::<Vec<_>>(),
        [ValueKind::Integer, ValueKind::String, ValueKind::Truncated]
    );
}

#[test]
fn deep_nesting_ends_truncated() {
    let mut literal = integer(1);
    for _ in 0..95 {
        literal = list(vec![literal]);
    }
    let mut value = &one(literal, &UNLIMITED);
    let mut depth = 0;
    while let Some(child) = value.children.first() {
        value = &child.value;
        depth += 1;
    }
    assert_eq!((value.kind, depth), (ValueKind::Truncated, ValueLimits::MAX_DEPTH + 1));
    let deep = [vec![0x91; 100_000], vec![0x01]].concat();
    assert_eq!(one(msgpack(&deep), &UNLIMITED).kind, ValueKind::Collection);
}

#[test]
fn an_unreadable_value_leaves_its_neighbours() {
    let broken =
        core::LiteralMap { literals: HashMap::from([("good".to_owned(), integer(1))]) }.encode_to_vec();
    // Entry {key: "bad", value: bytes that are no Literal}.
    let bad = [0x0a, 0x09, 0x0a, 0x03, b'b', b'a', b'd', 0x12, 0x02, 0x0a, 0x7f];
    let values =
        decode_literal_map(&[broken, bad.to_vec()].concat(), None, &UNLIMITED).expect("a literal map");
    assert_eq!(
        values.iter().map(|value| (value.key.as_str(), value.value.kind)).collect::<Vec<_>>(),
        [("bad", ValueKind::Unknown), ("good", ValueKind::Integer)]
    );
}

#[test]
fn broken_msgpack_says_so() {
    for bytes in [&[0x92, 1][..], &[0xdd, 0xff, 0xff, 0xff, 0xff], &[0xc1], &[1, 1], &[]] {
        let value = one(msgpack(bytes), &UNLIMITED);
        assert_eq!(value.kind, ValueKind::Unknown, "{bytes:?}");
        assert!(value.text.starts_with("not readable as msgpack"), "{}", value.text);
    }
}

#[test]
fn other_forms_have_their_address_or_message() {
    let blob_type = core::BlobType { format: "png".to_owned(), dimensionality: 0 };
    let blob = core::Blob {
        metadata: Some(core::BlobMetadata { r#type: Some(blob_type) }),
        uri: "s3://b/x.png".to_owned(),
    };
    let dataset = core::StructuredDataset {
        uri: "s3://b/t".to_owned(),
        metadata: Some(core::StructuredDatasetMetadata {
            structured_dataset_type: Some(core::StructuredDatasetType {
                columns: vec![core::structured_dataset_type::DatasetColumn {
                    name: "age".to_owned(),
                    literal_type: Some(core::LiteralType {
                        r#type: Some(literal_type::Type::Simple(core::SimpleType::Integer.into())),
                        ..Default::default()
                    }),
                }],
                format: "parquet".to_owned(),
                ..Default::default()
            }),
        }),
    };
    let error = core::Error { failed_node_id: "n1".to_owned(), message: "no".to_owned() };
    let offloaded =
        core::LiteralOffloadedMetadata { uri: "s3://b/o".to_owned(), size_bytes: 12, inferred_type: None };
    let raw = core::Binary { value: Bytes::from_static(b"ab"), tag: "cbor".to_owned() };
    let cases = [
        (scalar_literal(scalar::Value::Blob(blob)), "Blob<blob[png]>s3://b/x.png"),
        (
            scalar_literal(scalar::Value::StructuredDataset(dataset)),
            "StructuredDataset<structured_dataset[parquet]>s3://b/t{age: String<column>integer}",
        ),
        (scalar_literal(scalar::Value::Error(error)), "Error<error>no{failed_node_id: String<string>n1}"),
        (literal_of(literal::Value::OffloadedMetadata(offloaded)), "Offloaded<>s3://b/o"),
        (scalar_literal(scalar::Value::Binary(raw)), "Binary<binary[cbor]>YWI="),
    ];
    for (literal, expected) in cases {
        assert_eq!(line(&one(literal, &UNLIMITED)), expected);
    }
}

#[test]
fn mutated_bytes_never_panic() {
    let seed = map_bytes([
        ("a", list(vec![integer(1), string("text")])),
        ("b", msgpack(&[0x82, 0xa1, b'y', 0x92, 1, 2, 0xa1, b'x', 0xc0])),
    ]);
    // A small linear congruential generator: the same bytes on every run.
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    for _ in 0..100_000 {
        let mut bytes = seed.clone();
        for _ in 0..=next() % 4 {
            let at = next() % bytes.len();
            bytes[at] = next() as u8;
        }
        bytes.truncate(next() % (bytes.len() + 1));
        let _ = decode_literal_map(&bytes, None, &UNLIMITED);
    }
}
