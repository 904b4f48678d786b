//! The cache of tasks: outputs by what they were made from.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use data_encoding::BASE64URL_NOPAD;
use prost::Message;
use sha2::{Digest, Sha256};
use tokio::sync::OwnedMutexGuard;

use super::seat::Seat;
use super::{Engine, Runner};
use crate::failure::corrupt;
use crate::idl::core::catalog_metadata::SourceExecution;
use crate::idl::core::{
    CatalogArtifactTag, CatalogCacheStatus, CatalogMetadata, Identifier, Literal, LiteralMap, Node,
    ResourceType, TaskExecutionIdentifier, TaskTemplate, VariableMap, literal, node_metadata, scalar,
};
use crate::idl::event::TaskNodeMetadata;
use crate::store::objects;
use crate::times;

/// The place in the cache of a task with these inputs.
pub struct Entry {
    dataset: Identifier,
    tag: String,
    task: Identifier,
    /// Whether of several that would make it at once only one does, and the others wait.
    pub is_serializable: bool,
}

/// What the cache has.
pub struct Hit {
    pub outputs: LiteralMap,
    pub source: Option<CatalogMetadata>,
}

impl Entry {
    /// The place of a node's task, if it is to be cached. What the node says goes before what the task does.
    pub fn of(node: &Node, template: &TaskTemplate, inputs: &LiteralMap) -> Option<Self> {
        let node = node.metadata.as_ref();
        let task = template.metadata.as_ref()?;
        let is_cached = match node.and_then(|node| node.cacheable_value) {
            Some(node_metadata::CacheableValue::Cacheable(cacheable)) => cacheable,
            None => task.discoverable,
        };
        if !is_cached {
            return None;
        }
        let version = match node.and_then(|node| node.cache_version_value.as_ref()) {
            Some(node_metadata::CacheVersionValue::CacheVersion(version)) => version,
            None => &task.discovery_version,
        };
        let is_serializable = match node.and_then(|node| node.cache_serializable_value) {
            Some(node_metadata::CacheSerializableValue::CacheSerializable(serializable)) => serializable,
            None => task.cache_serializable,
        };
        let id = template.id.clone().unwrap_or_default();
        let interface = template.interface.clone().unwrap_or_default();
        let ignored = &task.cache_ignore_input_vars;
        Some(Self {
            dataset: Identifier {
                resource_type: ResourceType::Dataset as i32,
                name: format!("flyte_task-{}", id.name),
                version: format!(
                    "{version}-{}-{}",
                    hash_of_variables(interface.inputs.as_ref()),
                    hash_of_variables(interface.outputs.as_ref())
                ),
                ..id.clone()
            },
            tag: format!("flyte_cached-{}", hash_of_inputs(inputs, ignored)),
            task: id,
            is_serializable,
        })
    }

    fn parts<'a>(&'a self, last: &'a str) -> [&'a str; 7] {
        let dataset = &self.dataset;
        ["cache", &dataset.project, &dataset.domain, &dataset.name, &dataset.version, &self.tag, last]
    }

    /// What the cache has for this place.
    pub async fn look_up(&self, runner: &Runner) -> Engine<Option<Hit>> {
        let [outputs, source] = ["outputs", "source"].map(|last| objects::address(&self.parts(last)));
        runner
            .read(move |view| {
                let Some(outputs) = objects::get(view, &outputs)? else { return Ok(None) };
                let outputs = LiteralMap::decode(outputs.as_slice()).map_err(corrupt)?;
                let source = objects::get(view, &source)?;
                let source = source.map(|source| CatalogMetadata::decode(source.as_slice()));
                Ok(Some(Hit { outputs, source: source.transpose().map_err(corrupt)? }))
            })
            .await
    }

    /// Puts outputs in this place, and gives what is told of it.
    pub async fn put(&self, seat: &Seat<'_>, outputs: &LiteralMap) -> Engine<Option<CatalogMetadata>> {
        let source = CatalogMetadata {
            dataset_id: Some(self.dataset.clone()),
            artifact_tag: Some(CatalogArtifactTag {
                artifact_id: hash(&[self.tag.as_bytes(), &times::now().to_be_bytes()]),
                name: self.tag.clone(),
            }),
            source_execution: Some(SourceExecution::SourceTaskExecution(TaskExecutionIdentifier {
                task_id: Some(self.task.clone()),
                node_execution_id: Some(seat.execution_id()),
                retry_attempt: 0,
            })),
        };
        let [outputs_uri, source_uri] = ["outputs", "source"].map(|last| objects::address(&self.parts(last)));
        let (outputs, encoded) = (outputs.encode_to_vec(), source.encode_to_vec());
        seat.run
            .runner
            .write(move |transaction| {
                objects::put(transaction, &outputs_uri, &outputs)?;
                objects::put(transaction, &source_uri, &encoded)
            })
            .await?;
        Ok(Some(source))
    }

    /// What is told of the cache in a node's events. `source` is what the cache has, none when it has nothing.
    pub fn metadata(&self, status: CatalogCacheStatus, source: Option<CatalogMetadata>) -> TaskNodeMetadata {
        let key = source.unwrap_or_else(|| CatalogMetadata {
            dataset_id: Some(self.dataset.clone()),
            ..Default::default()
        });
        TaskNodeMetadata { cache_status: status as i32, catalog_key: Some(key), ..Default::default() }
    }
}

/// Who makes what for the cache, where only one may at a time.
#[derive(Default)]
pub struct Reservations(Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>);

impl Reservations {
    /// Waits until nobody else makes this, and keeps others waiting until the answer is dropped.
    pub async fn reserve(&self, entry: &Entry) -> OwnedMutexGuard<()> {
        let place = objects::address(&entry.parts("outputs"));
        let lock = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.retain(|_, lock| lock.strong_count() > 0);
            match all.get(&place).and_then(Weak::upgrade) {
                Some(lock) => lock,
                None => {
                    let lock = Arc::default();
                    all.insert(place, Arc::downgrade(&lock));
                    lock
                }
            }
        };
        lock.lock_owned().await
    }
}

fn hash_of_variables(variables: Option<&VariableMap>) -> String {
    let mut all: Vec<_> = variables.iter().flat_map(|variables| &variables.variables).collect();
    all.sort_by_key(|(name, _)| *name);
    let mut digest = Sha256::new();
    for (name, variable) in all {
        digest.update(name.as_bytes());
        digest.update([0]);
        // Structures are maps, whose order on the wire is any: the type's text is sorted.
        digest.update(crate::messages::text(&variable.r#type.clone().unwrap_or_default()).as_bytes());
        digest.update([0]);
    }
    short(digest)
}

/// A hash of inputs, of those that matter. A literal that brings its own hash counts by that.
fn hash_of_inputs(inputs: &LiteralMap, ignored: &[String]) -> String {
    let mut digest = Sha256::new();
    let counted = LiteralMap {
        literals: inputs
            .literals
            .iter()
            .filter(|(name, _)| !ignored.contains(name))
            .map(|(name, literal)| (name.clone(), literal.clone()))
            .collect(),
    };
    add_map(&mut digest, &counted);
    short(digest)
}

fn add_map(digest: &mut Sha256, map: &LiteralMap) {
    let mut all: Vec<_> = map.literals.iter().collect();
    all.sort_by_key(|(name, _)| *name);
    digest.update(b"{");
    for (name, literal) in all {
        digest.update((name.len() as u64).to_be_bytes());
        digest.update(name.as_bytes());
        add(digest, literal);
    }
    digest.update(b"}");
}

fn add(digest: &mut Sha256, literal: &Literal) {
    if !literal.hash.is_empty() {
        digest.update(b"#");
        digest.update(literal.hash.as_bytes());
        return;
    }
    match &literal.value {
        Some(literal::Value::Map(map)) => add_map(digest, map),
        Some(literal::Value::Collection(items)) => {
            digest.update(b"[");
            items.literals.iter().for_each(|item| add(digest, item));
            digest.update(b"]");
        }
        Some(literal::Value::Scalar(scalar)) => match &scalar.value {
            Some(scalar::Value::Union(union)) => {
                digest.update(b"|");
                if let Some(value) = union.value.as_deref() {
                    add(digest, value);
                }
            }
            Some(scalar::Value::Generic(fields)) => {
                digest.update(b"g");
                add_struct(digest, fields);
            }
            _ => {
                let encoded = scalar.encode_to_vec();
                digest.update(b"s");
                digest.update((encoded.len() as u64).to_be_bytes());
                digest.update(encoded);
            }
        },
        Some(literal::Value::OffloadedMetadata(offloaded)) => {
            digest.update(b"o");
            digest.update(offloaded.encode_to_vec());
        }
        None => digest.update(b"-"),
    }
}

fn add_struct(digest: &mut Sha256, fields: &flyte_idl::google::protobuf::Struct) {
    use flyte_idl::google::protobuf::value::Kind;
    fn add_value(digest: &mut Sha256, value: &flyte_idl::google::protobuf::Value) {
        match &value.kind {
            Some(Kind::StructValue(fields)) => add_struct(digest, fields),
            Some(Kind::ListValue(list)) => {
                digest.update(b"[");
                list.values.iter().for_each(|item| add_value(digest, item));
                digest.update(b"]");
            }
            _ => {
                let encoded = value.encode_to_vec();
                digest.update((encoded.len() as u64).to_be_bytes());
                digest.update(encoded);
            }
        }
    }
    let mut all: Vec<_> = fields.fields.iter().collect();
    all.sort_by_key(|(name, _)| *name);
    digest.update(b"{");
    for (name, value) in all {
        digest.update((name.len() as u64).to_be_bytes());
        digest.update(name.as_bytes());
        add_value(digest, value);
    }
    digest.update(b"}");
}

fn hash(parts: &[&[u8]]) -> String {
    let mut digest = Sha256::new();
    parts.iter().for_each(|part| digest.update(part));
    short(digest)
}

/// A digest as text, as long as is needed.
fn short(digest: Sha256) -> String {
    BASE64URL_NOPAD.encode(digest.finalize().as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::idl::core::{Primitive, Scalar, primitive};

    fn integer(value: i64) -> Literal {
        let primitive = Primitive { value: Some(primitive::Value::Integer(value)) };
        let scalar = Scalar { value: Some(scalar::Value::Primitive(primitive)) };
        Literal { value: Some(literal::Value::Scalar(Box::new(scalar))), ..Default::default() }
    }

    fn map(literals: &[(&str, Literal)]) -> LiteralMap {
        LiteralMap {
            literals: literals.iter().map(|(name, literal)| ((*name).to_owned(), literal.clone())).collect(),
        }
    }

    #[test]
    fn inputs_that_are_ignored_do_not_matter() {
        let one = map(&[("a", integer(1)), ("b", integer(2))]);
        let other = map(&[("a", integer(1)), ("b", integer(3))]);
        assert_ne!(hash_of_inputs(&one, &[]), hash_of_inputs(&other, &[]));
        assert_eq!(hash_of_inputs(&one, &["b".into()]), hash_of_inputs(&other, &["b".into()]));
    }

    #[test]
    fn a_hash_of_its_own_counts_in_place_of_the_value() {
        let hashed = |value| Literal { hash: "h".into(), ..integer(value) };
        assert_eq!(
            hash_of_inputs(&map(&[("a", hashed(1))]), &[]),
            hash_of_inputs(&map(&[("a", hashed(2))]), &[])
        );
    }
}
