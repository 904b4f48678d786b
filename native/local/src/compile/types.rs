//! Flyte's types: which type a literal has, and whether a value of one type can stand where another is wanted.

use tonic::Status;

use super::schemas::schema_fits;
use crate::failure::invalid;
use crate::idl::core::{
    Literal, LiteralType, Primitive, Scalar, SchemaType, SimpleType, StructuredDatasetType, UnionType,
    literal, literal_type::Type, primitive, scalar, schema_type::schema_column::SchemaColumnType,
};
use crate::messages::text;

/// How flytekit tags binaries that hold a dataclass or dictionary.
const MSGPACK: &str = "msgpack";

/// The type of a literal, none when it holds nothing that has one.
pub fn literal_type(value: &Literal) -> Option<LiteralType> {
    let found = match value.value.as_ref()? {
        literal::Value::Scalar(scalar) => return scalar_type(scalar),
        literal::Value::Collection(items) => {
            Type::CollectionType(Box::new(common_type(items.literals.iter())?))
        }
        literal::Value::Map(map) => Type::MapValueType(Box::new(common_type(map.literals.values())?)),
        literal::Value::OffloadedMetadata(offloaded) => return offloaded.inferred_type.clone(),
    };
    Some(of(found))
}

/// FlyteAdmin's error for a literal without a type.
pub fn unknown_type(name: &str) -> Status {
    invalid(format!(
        "Failed to validate literal type for [{name}] with err: got unknown literal type: [<nil>].\n\
         Suggested solution: Please update all your Flyte deployment images to the latest version and try again"
    ))
}

/// A type as the compiler's errors print it: a structure by the types of its fields.
pub fn printed(shown: &LiteralType) -> String {
    if *shown == LiteralType::default() {
        return "None".into();
    }
    if shown.r#type != Some(Type::Simple(SimpleType::Struct as i32)) {
        return text(shown);
    }
    let structure = shown.structure.clone().unwrap_or_default();
    let mut fields: Vec<_> = structure.dataclass_type.iter().collect();
    fields.sort_by_key(|(name, _)| name.as_str());
    let fields: Vec<_> = fields
        .into_iter()
        .map(|(name, field)| format!("dataclass_type:{{key:{name} value:{{{}}}", printed(field)))
        .collect();
    format!("simple: STRUCT structure{{{}}}", fields.join(", "))
}

/// The type of a primitive value.
pub fn primitive_type(value: &Primitive) -> LiteralType {
    let simple = match value.value {
        Some(primitive::Value::Integer(_)) => SimpleType::Integer,
        Some(primitive::Value::FloatValue(_)) => SimpleType::Float,
        Some(primitive::Value::StringValue(_)) => SimpleType::String,
        Some(primitive::Value::Boolean(_)) => SimpleType::Boolean,
        Some(primitive::Value::Datetime(_)) => SimpleType::Datetime,
        Some(primitive::Value::Duration(_)) => SimpleType::Duration,
        None => SimpleType::None,
    };
    of(Type::Simple(simple as i32))
}

/// The type of a scalar, none when it holds nothing that has one.
pub fn scalar_type(value: &Scalar) -> Option<LiteralType> {
    let simple = |simple: SimpleType| Type::Simple(simple as i32);
    Some(of(match value.value.as_ref()? {
        scalar::Value::Primitive(value) => return Some(primitive_type(value)),
        scalar::Value::Blob(blob) => Type::Blob(blob.metadata.as_ref()?.r#type.clone().unwrap_or_default()),
        scalar::Value::Binary(binary) if binary.tag == MSGPACK => simple(SimpleType::Struct),
        scalar::Value::Binary(_) => simple(SimpleType::Binary),
        scalar::Value::Schema(schema) => Type::Schema(schema.r#type.clone().unwrap_or_default()),
        scalar::Value::StructuredDataset(dataset) => {
            let metadata = dataset.metadata.clone().unwrap_or_default();
            Type::StructuredDatasetType(metadata.structured_dataset_type.unwrap_or_default())
        }
        scalar::Value::NoneType(_) => simple(SimpleType::None),
        scalar::Value::Error(_) => simple(SimpleType::Error),
        scalar::Value::Generic(_) => simple(SimpleType::Struct),
        scalar::Value::Union(union) => {
            Type::UnionType(UnionType { variants: union.r#type.iter().cloned().collect() })
        }
    }))
}

/// The type that all parts of a container have: their own when they agree, a union when not, none for none.
fn common_type<'a>(parts: impl Iterator<Item = &'a Literal>) -> Option<LiteralType> {
    let mut found: Vec<LiteralType> = Vec::new();
    let mut empty = None;
    for part in parts {
        let part_type = literal_type(part)?;
        // An empty list says nothing of its items, so it only counts when there is nothing else.
        if matches!(&part.value, Some(literal::Value::Collection(items)) if items.literals.is_empty()) {
            empty = Some(part_type);
        } else if !found.contains(&part_type) {
            found.push(part_type);
        }
    }
    if found.is_empty() {
        return Some(empty.unwrap_or_else(|| of(Type::Simple(SimpleType::None as i32))));
    }
    if found.len() == 1 {
        return found.pop();
    }
    found.sort_by_cached_key(text);
    let mut nested = false;
    let mut variants = Vec::new();
    for item in found {
        match &item.r#type {
            Some(Type::CollectionType(inner)) if matches!(inner.r#type, Some(Type::UnionType(_))) => {
                nested = true;
                if let Some(Type::UnionType(union)) = &inner.r#type {
                    variants.extend(union.variants.iter().cloned());
                }
            }
            _ => variants.push(item),
        }
    }
    let union = of(Type::UnionType(UnionType { variants }));
    Some(if nested { of(Type::CollectionType(Box::new(union))) } else { union })
}

/// Whether a value of type `upstream` can stand where `downstream` is wanted.
pub fn castable(upstream: &LiteralType, downstream: &LiteralType) -> bool {
    if let Some(Type::UnionType(union)) = &upstream.r#type
        && let [only] = &union.variants[..]
        && casts(only, downstream)
    {
        return true;
    }
    casts(upstream, downstream)
}

fn casts(upstream: &LiteralType, downstream: &LiteralType) -> bool {
    match &downstream.r#type {
        Some(Type::CollectionType(wanted)) => match &upstream.r#type {
            Some(Type::CollectionType(given)) => is_none(given) || casts(given, wanted),
            _ => false,
        },
        Some(Type::MapValueType(wanted)) => match &upstream.r#type {
            Some(Type::MapValueType(given)) => is_none(given) || casts(given, wanted),
            _ => false,
        },
        Some(Type::Blob(wanted)) => match &upstream.r#type {
            Some(Type::Blob(given)) => {
                given.format.is_empty() || wanted.format.is_empty() || given.format == wanted.format
            }
            _ => false,
        },
        Some(Type::Schema(wanted)) => match &upstream.r#type {
            Some(Type::Schema(given)) => schema_from_schema(given, wanted),
            Some(Type::StructuredDatasetType(given)) => {
                is_parquet(&given.format) && schema_from_dataset(given, wanted)
            }
            _ => false,
        },
        Some(Type::StructuredDatasetType(wanted)) => match &upstream.r#type {
            _ if is_none(upstream) => true,
            Some(Type::StructuredDatasetType(given)) => dataset_from_dataset(given, wanted),
            Some(Type::Schema(given)) => is_parquet(&wanted.format) && dataset_from_schema(given, wanted),
            _ => false,
        },
        Some(Type::UnionType(wanted)) => match &upstream.r#type {
            Some(Type::UnionType(given)) => given
                .variants
                .iter()
                .all(|given| wanted.variants.iter().any(|wanted| castable(given, wanted))),
            // A variant must be the only one that fits.
            _ => wanted.variants.iter().filter(|wanted| castable(upstream, wanted)).count() == 1,
        },
        _ if is_none(downstream) => is_none(upstream),
        _ => plain_casts(upstream, downstream),
    }
}

fn plain_casts(upstream: &LiteralType, downstream: &LiteralType) -> bool {
    let is = |checked: &LiteralType, simple: SimpleType| checked.r#type == Some(Type::Simple(simple as i32));
    let is_enum = |checked: &LiteralType| matches!(checked.r#type, Some(Type::EnumType(_)));
    if is_enum(upstream) && is(downstream, SimpleType::String)
        || is_enum(downstream) && is(upstream, SimpleType::String)
    {
        return true;
    }
    let tag = |checked: &LiteralType| checked.structure.clone().unwrap_or_default().tag;
    if !tag(upstream).is_empty() && tag(upstream) != tag(downstream) {
        return false;
    }
    if is(upstream, SimpleType::Struct) && is(downstream, SimpleType::Struct) {
        return match (&upstream.metadata, &downstream.metadata) {
            (Some(given), Some(wanted)) => schema_fits(given, wanted),
            // Without a schema on both sides there is nothing to compare.
            _ => true,
        };
    }
    upstream.r#type == downstream.r#type
}

fn is_none(checked: &LiteralType) -> bool {
    checked.r#type == Some(Type::Simple(SimpleType::None as i32))
}

/// A schema is always a parquet file; a dataset without a format may be one.
fn is_parquet(format: &str) -> bool {
    format.is_empty() || format.eq_ignore_ascii_case("parquet")
}

fn schema_from_schema(given: &SchemaType, wanted: &SchemaType) -> bool {
    given.columns.is_empty()
        || wanted.columns.iter().all(|column| {
            given.columns.iter().any(|other| other.name == column.name && other.r#type == column.r#type)
        })
}

fn dataset_from_dataset(given: &StructuredDatasetType, wanted: &StructuredDatasetType) -> bool {
    let formats = given.format.is_empty()
        || wanted.format.is_empty()
        || given.format.eq_ignore_ascii_case(&wanted.format);
    let columns = given.columns.is_empty()
        || wanted.columns.iter().all(|column| {
            let found = given.columns.iter().find(|other| other.name == column.name);
            found.is_some_and(|found| {
                casts(
                    &found.literal_type.clone().unwrap_or_default(),
                    &column.literal_type.clone().unwrap_or_default(),
                )
            })
        });
    formats && columns
}

fn dataset_from_schema(given: &SchemaType, wanted: &StructuredDatasetType) -> bool {
    given.columns.is_empty()
        || wanted.columns.iter().all(|column| {
            let found = given.columns.iter().find(|other| other.name == column.name);
            found.is_some_and(|found| same_column(found.r#type(), column.literal_type.as_ref()))
        })
}

fn schema_from_dataset(given: &StructuredDatasetType, wanted: &SchemaType) -> bool {
    given.columns.is_empty()
        || wanted.columns.iter().all(|column| {
            let found = given.columns.iter().find(|other| other.name == column.name);
            found.is_some_and(|found| same_column(column.r#type(), found.literal_type.as_ref()))
        })
}

fn same_column(schema: SchemaColumnType, dataset: Option<&LiteralType>) -> bool {
    let simple = match schema {
        SchemaColumnType::Integer => SimpleType::Integer,
        SchemaColumnType::Float => SimpleType::Float,
        SchemaColumnType::String => SimpleType::String,
        SchemaColumnType::Boolean => SimpleType::Boolean,
        SchemaColumnType::Datetime => SimpleType::Datetime,
        SchemaColumnType::Duration => SimpleType::Duration,
    };
    dataset.is_some_and(|dataset| dataset.r#type == Some(Type::Simple(simple as i32)))
}

fn of(found: Type) -> LiteralType {
    LiteralType { r#type: Some(found), ..Default::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::idl::core::{EnumType, LiteralCollection, TypeStructure};

    fn simple(simple: SimpleType) -> LiteralType {
        of(Type::Simple(simple as i32))
    }

    fn list(item: LiteralType) -> LiteralType {
        of(Type::CollectionType(Box::new(item)))
    }

    fn union(variants: Vec<LiteralType>) -> LiteralType {
        of(Type::UnionType(UnionType { variants }))
    }

    fn literal(value: primitive::Value) -> Literal {
        let scalar = Scalar { value: Some(scalar::Value::Primitive(Primitive { value: Some(value) })) };
        Literal { value: Some(literal::Value::Scalar(Box::new(scalar))), ..Default::default() }
    }

    fn list_of(literals: Vec<Literal>) -> Literal {
        Literal {
            value: Some(literal::Value::Collection(LiteralCollection { literals })),
            ..Default::default()
        }
    }

    #[test]
    fn types_of_literals() {
        let one = literal(primitive::Value::Integer(1));
        let text = literal(primitive::Value::StringValue("x".into()));
        assert_eq!(literal_type(&one), Some(simple(SimpleType::Integer)));
        assert_eq!(
            literal_type(&list_of(vec![one.clone(), one.clone()])),
            Some(list(simple(SimpleType::Integer)))
        );
        assert_eq!(literal_type(&list_of(vec![])), Some(list(simple(SimpleType::None))));
        let mixed = union(vec![simple(SimpleType::Integer), simple(SimpleType::String)]);
        assert_eq!(literal_type(&list_of(vec![text, one])), Some(list(mixed)));
        assert_eq!(literal_type(&Literal::default()), None);
    }

    #[test]
    fn equal_types_and_empty_lists_cast() {
        let integers = list(simple(SimpleType::Integer));
        assert!(castable(&integers, &integers));
        assert!(castable(&list(simple(SimpleType::None)), &integers));
        assert!(!castable(&list(simple(SimpleType::String)), &integers));
        assert!(!castable(&simple(SimpleType::Integer), &simple(SimpleType::Float)));
    }

    #[test]
    fn enums_and_strings_cast_both_ways() {
        let colour = of(Type::EnumType(EnumType { values: vec!["red".into()] }));
        assert!(castable(&colour, &simple(SimpleType::String)));
        assert!(castable(&simple(SimpleType::String), &colour));
    }

    #[test]
    fn a_union_takes_exactly_one_of_its_variants() {
        let optional = union(vec![simple(SimpleType::Integer), simple(SimpleType::None)]);
        assert!(castable(&simple(SimpleType::Integer), &optional));
        assert!(castable(&union(vec![simple(SimpleType::None)]), &optional));
        assert!(!castable(&simple(SimpleType::String), &optional));
        let twice = union(vec![simple(SimpleType::Integer), simple(SimpleType::Integer)]);
        assert!(!castable(&simple(SimpleType::Integer), &twice));
    }

    #[test]
    fn tags_tell_variants_apart() {
        let tagged = |tag: &str| LiteralType {
            structure: Some(TypeStructure { tag: tag.into(), ..Default::default() }),
            ..simple(SimpleType::String)
        };
        assert!(castable(&tagged("a"), &tagged("a")));
        assert!(!castable(&tagged("a"), &tagged("b")));
        assert!(castable(&simple(SimpleType::String), &tagged("b")));
    }
}
