use std::collections::BTreeMap;
use std::{fmt, fs};

use serde::Deserialize;

use crate::Tree;

/// What `differences.toml` lists.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    unordered: Vec<Unordered>,
    difference: Vec<Difference>,
}

/// Lists whose order is left to the server: they must have the same items, in any order.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unordered {
    file: String,
    calls: Vec<u32>,
    /// The list in the answer, as a JSON pointer.
    list: String,
    reason: String,
}

/// One intended difference, which calls of one recording can share.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference {
    file: String,
    calls: Vec<u32>,
    /// The parts of the answer that differ, with everything below them; `*` stands for any position or key.
    parts: Vec<String>,
    reason: String,
    /// The calls and parts that were found to differ.
    #[serde(skip)]
    found: Vec<(u32, String)>,
}

/// The differences found: by file and number of the call, its title and the differing paths with both values.
pub type Found<'a> = BTreeMap<(&'a str, u32), (String, Vec<(String, String)>)>;

impl Listed {
    pub fn read() -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recordings/differences.toml");
        let listed: Self = toml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let mut reasons = listed
            .difference
            .iter()
            .map(|difference| &difference.reason)
            .chain(listed.unordered.iter().map(|unordered| &unordered.reason));
        assert!(reasons.all(|reason| !reason.trim().is_empty()), "a difference is listed without a reason");
        listed
    }

    /// Sorts what has no order of its own in the answer to a call.
    pub fn sort(&self, file: &str, n: u32, answer: &mut Tree) {
        for unordered in self.unordered.iter().filter(|known| known.file == file && known.calls.contains(&n))
        {
            if let Some(Tree::Array(items)) = answer.pointer_mut(&unordered.list) {
                items.sort_by_cached_key(Tree::to_string);
            }
        }
    }

    /// Strikes off what was found, and gives the calls that differ in a way that is not listed.
    pub fn strike(&mut self, found: &Found<'_>) -> Vec<String> {
        let mut unlisted = Vec::new();
        for ((file, n), (title, paths)) in found {
            let mut left = Vec::new();
            for (path, told) in paths {
                if !self.strike_path(file, *n, path) {
                    left.push(format!("    {path}:\n        {told}"));
                }
            }
            if !left.is_empty() {
                unlisted.push(format!("{file} {n} {title}\n{}", left.join("\n")));
            }
        }
        unlisted
    }

    fn strike_path(&mut self, file: &str, n: u32, path: &str) -> bool {
        let covers = |part: &str| {
            let mut steps = path.split('.');
            part.split('.').all(|wanted| steps.next().is_some_and(|step| wanted == "*" || wanted == step))
        };
        for difference in &mut self.difference {
            if difference.file == file
                && difference.calls.contains(&n)
                && let Some(part) = difference.parts.iter().find(|part| covers(part))
            {
                difference.found.push((n, part.clone()));
                return true;
            }
        }
        false
    }

    /// What is listed but was not found.
    pub fn left(&self) -> Vec<String> {
        let mut left = Vec::new();
        for difference in &self.difference {
            for n in &difference.calls {
                for part in &difference.parts {
                    if !difference.found.contains(&(*n, part.clone())) {
                        left.push(format!("{} {n} {part}: {}", difference.file, difference.reason.trim()));
                    }
                }
            }
        }
        left
    }
}

impl fmt::Display for Listed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers = |calls: &[u32]| calls.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
        for Difference { file, calls, parts, reason, .. } in &self.difference {
            writeln!(formatter, "- {file} {} ({}): {}", numbers(calls), parts.join(", "), reason.trim())?;
        }
        writeln!(formatter, "lists compared without their order:")?;
        for Unordered { file, calls, list, reason } in &self.unordered {
            writeln!(formatter, "- {file} {} ({list}): {}", numbers(calls), reason.trim())?;
        }
        Ok(())
    }
}
