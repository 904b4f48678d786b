use flyte_idl::flyteidl::core::literal_type::Type;
use flyte_idl::flyteidl::core::{BlobType, LiteralType, SimpleType, blob_type::BlobDimensionality};

/// Flyte's name of a type, as a person reads it: `integer`, `list[map[string, float]]`, `union[integer, none]`,
/// `blob[png]`, `structured_dataset[parquet]`, `enum[red, green]`. A type that this version does not know is `unknown`.
pub fn type_name(declared: &LiteralType) -> String {
    match &declared.r#type {
        Some(Type::Simple(simple)) => simple_name(*simple).to_owned(),
        Some(Type::CollectionType(item)) => format!("list[{}]", type_name(item)),
        Some(Type::MapValueType(item)) => format!("map[string, {}]", type_name(item)),
        Some(Type::UnionType(union)) => {
            format!("union[{}]", union.variants.iter().map(type_name).collect::<Vec<_>>().join(", "))
        }
        Some(Type::EnumType(values)) => format!("enum[{}]", values.values.join(", ")),
        Some(Type::Blob(blob)) => blob_name(blob),
        Some(Type::Schema(_)) => "schema".to_owned(),
        Some(Type::StructuredDatasetType(dataset)) => dataset_name(&dataset.format),
        None => "unknown".to_owned(),
    }
}

/// Names of `flyteidl.core.SimpleType`, in lower case.
fn simple_name(simple: i32) -> &'static str {
    match SimpleType::try_from(simple) {
        Ok(SimpleType::None) => "none",
        Ok(SimpleType::Integer) => "integer",
        Ok(SimpleType::Float) => "float",
        Ok(SimpleType::String) => "string",
        Ok(SimpleType::Boolean) => "boolean",
        Ok(SimpleType::Datetime) => "datetime",
        Ok(SimpleType::Duration) => "duration",
        Ok(SimpleType::Binary) => "binary",
        Ok(SimpleType::Error) => "error",
        Ok(SimpleType::Struct) => "struct",
        Err(_) => "unknown",
    }
}

/// `blob[format]`, or `multipart[format]` for a directory; no brackets when any format will do.
pub(super) fn blob_name(blob: &BlobType) -> String {
    let shape = if blob.dimensionality() == BlobDimensionality::Multipart { "multipart" } else { "blob" };
    bracketed(shape, &blob.format)
}

pub(super) fn dataset_name(format: &str) -> String {
    bracketed("structured_dataset", format)
}

fn bracketed(shape: &str, format: &str) -> String {
    if format.is_empty() { shape.to_owned() } else { format!("{shape}[{format}]") }
}

/// The variants' common name for parts whose own names are known: `list` of nothing, `list[integer]`, or `list[any]`.
pub(super) fn common<'n>(mut names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let first = names.next()?;
    Some(if names.all(|name| name == first) { first } else { "any" })
}
