//! The ids of node executions, made as FlytePropeller makes them.

use data_encoding::Specification;

/// The longest id that is spelled out.
const LONGEST: usize = 20;

/// The id of a node inside of another, unique in its execution: the ids joined, or a hash of that when it is long.
pub fn inside(parent: &str, attempt: u32, node: &str) -> String {
    shortened(format!("{parent}-{attempt}-{node}"))
}

/// The id of a node of the execution's own workflow.
pub fn top_level(node: &str) -> String {
    shortened(node.to_owned())
}

fn shortened(id: String) -> String {
    if id.len() <= LONGEST {
        return id;
    }
    let hash =
        id.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    format!("f{}", base32(&hash.to_be_bytes()))
}

fn base32(bytes: &[u8]) -> String {
    let mut specification = Specification::new();
    specification.symbols.push_str("abcdefghijklmnopqrstuvwxyz123456");
    match specification.encoding() {
        Ok(encoding) => encoding.encode(bytes),
        Err(error) => {
            tracing::error!("the alphabet of node ids is wrong: {error}");
            data_encoding::HEXLOWER.encode(bytes)
        }
    }
}

/// The name of the execution that a launch plan node launches, the same one each time it is asked for.
pub fn child(execution: &str, node: &str, attempt: u32) -> String {
    let id = format!("{execution}-{node}-{attempt}");
    if id.len() <= LONGEST {
        return id;
    }
    let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("f{}", base32(&hash.to_be_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_ids_are_spelled_out_and_long_ones_hashed() {
        assert_eq!(top_level("n0"), "n0");
        assert_eq!(inside("n0", 0, "n1"), "n0-0-n1");
        let long = inside("n0-0-n1-0-n2", 1, "n10-and-more");
        assert_eq!(long.len(), 8);
        assert!(long.starts_with('f'));
        // FNV-1a of "a" is known.
        assert_eq!(base32(&0xe40c_292c_u32.to_be_bytes()).len(), 7);
    }

    #[test]
    fn children_have_one_name_each() {
        let name = child("abcdefghijklmnopqrst", "n0", 0);
        assert_eq!(name.len(), 14);
        assert_ne!(name, child("abcdefghijklmnopqrst", "n0", 1));
        assert_eq!(name, child("abcdefghijklmnopqrst", "n0", 0));
    }
}
