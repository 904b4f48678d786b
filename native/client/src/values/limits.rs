use super::{Value, ValueKind};

/// Where decoding stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueLimits {
    /// Most characters of one text (bytes of one binary).
    pub max_text: usize,
    /// Most parts of one container.
    pub max_items: usize,
    /// Most values in all.
    pub max_values: usize,
}

impl ValueLimits {
    /// Deepest nesting that is read. Protobuf's own readers stop at 100; a view is unreadable long before.
    pub const MAX_DEPTH: usize = 64;

    /// No limit but the nesting.
    pub fn unlimited() -> Self {
        Self { max_text: usize::MAX, max_items: usize::MAX, max_values: usize::MAX }
    }
}

/// The limits of one decoding with what of them is used up.
pub(super) struct Budget<'l> {
    limits: &'l ValueLimits,
    values_left: usize,
}

impl<'l> Budget<'l> {
    pub(super) fn new(limits: &'l ValueLimits) -> Self {
        Self { limits, values_left: limits.max_values }
    }

    /// Takes room for one value at `depth`; false when there is none.
    pub(super) fn take(&mut self, depth: usize) -> bool {
        if self.values_left == 0 || depth > ValueLimits::MAX_DEPTH {
            return false;
        }
        self.values_left -= 1;
        true
    }

    pub(super) fn max_items(&self) -> usize {
        self.limits.max_items
    }

    /// A text of which at most `max_text` characters are kept.
    pub(super) fn text(&self, kind: ValueKind, type_name: impl Into<String>, text: &str) -> Value {
        let end = text.char_indices().nth(self.limits.max_text).map_or(text.len(), |(index, _)| index);
        Value {
            text: text.get(..end).unwrap_or(text).to_owned(),
            size: text.len() as u64,
            truncated: end < text.len(),
            ..Value::new(kind, type_name)
        }
    }

    /// Bytes as Base64, of which at most `max_text` are kept.
    pub(super) fn binary(&self, type_name: impl Into<String>, bytes: &[u8]) -> Value {
        use base64::Engine;
        let kept = bytes.get(..self.limits.max_text).unwrap_or(bytes);
        Value {
            text: base64::engine::general_purpose::STANDARD.encode(kept),
            size: bytes.len() as u64,
            truncated: kept.len() < bytes.len(),
            ..Value::new(ValueKind::Binary, type_name)
        }
    }
}
