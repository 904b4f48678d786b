use prost::encoding::{WireType, encode_key, encode_varint};

/// The most room that is made for a list before its size is known.
const MOST_ROOM: usize = 4 << 20;

/// A list message such as TaskList, encoded item by item: they are its field 1, the token is its field 2.
pub struct RawList {
    encoded: Vec<u8>,
    items: usize,
    expected: usize,
}

impl RawList {
    /// A list of about `expected` items.
    pub fn new(expected: u32) -> Self {
        Self { encoded: Vec::new(), items: 0, expected: expected as usize }
    }

    /// Appends an encoded item.
    pub fn push(&mut self, item: &[u8]) {
        if self.items == 0 {
            // Items of a list are alike; a fourth more makes it unlikely that the buffer must grow, and so be copied.
            let room = (item.len() + item.len() / 4 + 16).saturating_mul(self.expected);
            self.encoded.reserve(room.min(MOST_ROOM));
        }
        self.items += 1;
        self.field(1, item);
    }

    /// How many items it has.
    pub fn len(&self) -> usize {
        self.items
    }

    /// The encoded message.
    pub fn with_token(mut self, token: &str) -> Vec<u8> {
        if !token.is_empty() {
            self.field(2, token.as_bytes());
        }
        self.encoded
    }

    fn field(&mut self, number: u32, bytes: &[u8]) {
        encode_key(number, WireType::LengthDelimited, &mut self.encoded);
        encode_varint(bytes.len() as u64, &mut self.encoded);
        self.encoded.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::RawList;
    use crate::idl::admin::{Task, TaskList};

    #[test]
    fn it_is_what_the_message_encodes_to() {
        let task = |short: &str| Task { short_description: short.into(), ..Default::default() };
        let tasks = vec![task("one"), task(""), task(&"long".repeat(100))];
        for expected in [0, 3, u32::MAX] {
            let mut list = RawList::new(expected);
            for task in &tasks {
                list.push(&task.encode_to_vec());
            }
            assert_eq!(list.len(), 3);
            let message = TaskList { tasks: tasks.clone(), token: "3".into() };
            assert_eq!(list.with_token("3"), message.encode_to_vec());
        }
        assert_eq!(RawList::new(10).with_token(""), Vec::<u8>::new());
    }
}
