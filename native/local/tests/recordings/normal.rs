use std::time::{Duration, SystemTime};

use percent_encoding::percent_decode_str;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::Tree;

/// When the recordings were made; the times in requests are long before.
const RECORDED_SINCE: &str = "2026-11-24T00:00:00Z";

/// Values that a server makes up, and what stands in for them on both sides: times of its own clock, names it chose,
/// the address of its store, and signed URLs, of which the path and the signed headers are kept.
pub struct Values {
    storage: String,
    started: OffsetDateTime,
    recorded_since: OffsetDateTime,
    /// Names chosen by the server: the recorded one and the replayed one.
    names: Vec<(String, String)>,
}

/// Which side a tree is of.
pub trait Side {
    fn name(pair: &(String, String)) -> &str;
    fn since(values: &Values) -> OffsetDateTime;
}

/// What FlyteAdmin answered.
pub struct Recorded;

/// What the server of this crate answered.
pub struct Replayed;

impl Side for Recorded {
    fn name(pair: &(String, String)) -> &str {
        &pair.0
    }

    fn since(values: &Values) -> OffsetDateTime {
        values.recorded_since
    }
}

impl Side for Replayed {
    fn name(pair: &(String, String)) -> &str {
        &pair.1
    }

    fn since(values: &Values) -> OffsetDateTime {
        values.started
    }
}

impl Values {
    /// `storage` is the folder of the replaying server's uploads.
    pub fn new(storage: String) -> Self {
        Self {
            storage,
            started: (SystemTime::now() - Duration::from_secs(1)).into(),
            recorded_since: OffsetDateTime::parse(RECORDED_SINCE, &Rfc3339).unwrap(),
            names: Vec::new(),
        }
    }

    /// Notes where the two servers chose different names for the same thing.
    pub fn learn_names(&mut self, recorded: &Tree, replayed: &Tree) {
        match (recorded, replayed) {
            (Value::Object(before), Value::Object(after)) => {
                for (key, value) in before {
                    self.learn_names(value, after.get(key).unwrap_or(&Value::Null));
                }
            }
            (Value::String(before), Value::String(after)) if before != after => {
                let chosen = |text: &str| {
                    let last = text.split('?').next()?.rsplit('/').next()?;
                    let is_one = last.len() == 20
                        && last.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
                    is_one.then(|| last.to_owned())
                };
                if let (Some(before), Some(after)) = (chosen(before), chosen(after))
                    && before != after
                    && self.names.iter().all(|(known, _)| *known != before)
                {
                    self.names.push((before, after));
                }
            }
            _ => {}
        }
    }

    /// The tree with stand-ins for what its server made up.
    pub fn normal<S: Side>(&self, tree: Tree) -> Tree {
        match tree {
            Value::Object(fields) => {
                Value::Object(fields.into_iter().map(|(key, value)| (key, self.normal::<S>(value))).collect())
            }
            Value::Array(items) => items.into_iter().map(|item| self.normal::<S>(item)).collect(),
            Value::String(text) => Value::String(self.text::<S>(text)),
            other => other,
        }
    }

    fn text<S: Side>(&self, text: String) -> String {
        if let Ok(time) = OffsetDateTime::parse(&text, &Rfc3339) {
            return if time >= S::since(self) { "(server's time)".into() } else { text };
        }
        // Such a long duration was reckoned from a time in a request to the server's time.
        if let Some(seconds) = text.strip_suffix('s').and_then(|number| number.parse::<f64>().ok())
            && seconds.abs() > 86_400.0
        {
            return "(duration up to the server's time)".into();
        }
        let mut text = signed_url(&text).unwrap_or(text);
        for (index, pair) in self.names.iter().enumerate() {
            text = text.replace(S::name(pair), &format!("(chosen name {index})"));
        }
        for store in [self.storage.as_str(), "s3://my-s3-bucket", "flyte-local:/"] {
            if let Some(key) = text.strip_prefix(store).and_then(|rest| rest.strip_prefix('/')) {
                return format!("(store)/{key}");
            }
        }
        text
    }
}

/// What a signed URL allows: the key or address of the object and the headers that are signed.
fn signed_url(text: &str) -> Option<String> {
    let (address, query) = text.strip_prefix("http://127.0.0.1:")?.split_once('?')?;
    let (_, path) = address.split_once('/')?;
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let parameter = |names: [&str; 2]| {
        let found =
            query.split('&').filter_map(|part| part.split_once('=')).find(|(name, _)| names.contains(name));
        found.map(|(_, value)| decoded(value))
    };
    let headers = parameter(["X-Amz-SignedHeaders", "signed-headers"])?;
    let path = match parameter(["uri", "uri"]) {
        Some(uri) => uri.split_once("://").map(|(_, rest)| rest.to_owned()).unwrap_or(uri),
        None => decoded(path),
    };
    let key = path.strip_prefix("my-s3-bucket/").or_else(|| path.strip_prefix("storage/")).unwrap_or(&path);
    Some(format!("signed URL of {key} with the headers {headers}"))
}
