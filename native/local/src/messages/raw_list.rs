use prost::encoding::{WireType, encode_key, encode_varint};

/// A list message such as TaskList from its encoded items: they are its field 1, the token is its field 2.
pub fn raw_list(items: &[Vec<u8>], token: &str) -> Vec<u8> {
    // A key takes one byte here, a length ten at most.
    let room = items.iter().map(|item| item.len() + 11).sum::<usize>() + token.len() + 11;
    let mut out = Vec::with_capacity(room);
    let mut field = |number, bytes: &[u8]| {
        encode_key(number, WireType::LengthDelimited, &mut out);
        encode_varint(bytes.len() as u64, &mut out);
        out.extend_from_slice(bytes);
    };
    for item in items {
        field(1, item);
    }
    if !token.is_empty() {
        field(2, token.as_bytes());
    }
    out
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::raw_list;
    use crate::idl::admin::{Task, TaskList};

    #[test]
    fn it_is_what_the_message_encodes_to() {
        let task = |short: &str| Task { short_description: short.into(), ..Default::default() };
        let tasks = vec![task("one"), task(""), task(&"long".repeat(100))];
        let items: Vec<_> = tasks.iter().map(Message::encode_to_vec).collect();
        assert_eq!(raw_list(&items, "3"), TaskList { tasks, token: "3".into() }.encode_to_vec());
        assert_eq!(raw_list(&[], ""), Vec::<u8>::new());
    }
}
