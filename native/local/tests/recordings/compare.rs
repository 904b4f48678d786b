use bytes::Bytes;
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, SerializeOptions};
use serde_json::json;
use tonic::Status;

use crate::Tree;
use crate::call::{Call, Outcome};

/// flyteidl's descriptors, by which answers become trees.
pub struct Protocol(DescriptorPool);

impl Protocol {
    pub fn new() -> Self {
        Self(DescriptorPool::decode(flyte_idl::FILE_DESCRIPTOR_SET).unwrap())
    }

    /// An answer as a tree: `{"response": …}` or `{"status": {code, message, details}}`.
    pub fn tree(&self, call: &Call, answer: Outcome) -> Tree {
        match answer {
            Ok(body) => {
                let service = self.0.get_service_by_name(&call.service).unwrap();
                let method = service.methods().find(|method| method.name() == call.method).unwrap();
                json!({ "response": message(method.output(), &body) })
            }
            Err(status) => json!({ "status": self.status(&status) }),
        }
    }

    fn status(&self, status: &Status) -> Tree {
        let details: Vec<Tree> = RpcStatus::decode(status.details())
            .unwrap()
            .details
            .iter()
            .map(|detail| {
                let name = detail.type_url.rsplit('/').next().unwrap();
                let descriptor = self.0.get_message_by_name(name).unwrap();
                json!({ name: message(descriptor, &Bytes::from(detail.value.clone())) })
            })
            .collect();
        json!({ "code": format!("{:?}", status.code()), "message": status.message(), "details": details })
    }
}

fn message(descriptor: MessageDescriptor, body: &Bytes) -> Tree {
    let decoded = DynamicMessage::decode(descriptor, body.clone()).unwrap();
    let options = SerializeOptions::new().use_proto_field_name(true);
    decoded.serialize_with_options(serde_json::value::Serializer, &options).unwrap()
}

/// Where two trees differ: the paths of the differing parts, each with the recorded and the replayed value. A wrong
/// kind of answer or code is one difference, whatever else it says.
pub fn differing(recorded: &Tree, replayed: &Tree) -> Vec<(String, String)> {
    let code = |tree: &Tree| tree.pointer("/status/code").cloned();
    let mut found = Vec::new();
    if code(recorded) == code(replayed) {
        walk("", recorded, replayed, &mut found);
    } else {
        found.push(("code".to_owned(), told(recorded, replayed)));
    }
    found
}

fn walk(path: &str, recorded: &Tree, replayed: &Tree, found: &mut Vec<(String, String)>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match (recorded, replayed) {
        (Tree::Object(before), Tree::Object(after)) => {
            let added = after.keys().filter(|key| !before.contains_key(*key));
            for key in before.keys().chain(added) {
                let part = |tree: &serde_json::Map<String, Tree>| tree.get(key).cloned().unwrap_or_default();
                walk(&below(key), &part(before), &part(after), found);
            }
        }
        (Tree::Array(before), Tree::Array(after)) if before.len() == after.len() => {
            for (index, (before, after)) in before.iter().zip(after).enumerate() {
                walk(&below(&index.to_string()), before, after, found);
            }
        }
        _ if recorded == replayed => {}
        _ => found.push((path.to_owned(), told(recorded, replayed))),
    }
}

fn told(recorded: &Tree, replayed: &Tree) -> String {
    let short = |tree: &Tree| {
        let text = tree.to_string();
        match text.char_indices().nth(400) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        }
    };
    format!("recorded {}\n        replayed {}", short(recorded), short(replayed))
}

/// `google.rpc.Status`, which flyteidl does not bring along.
#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

#[derive(Clone, PartialEq, Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}
