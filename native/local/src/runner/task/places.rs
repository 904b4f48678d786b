//! Where the files of a task attempt are: inputs, outputs, raw data, checkpoints and log, in one folder of its own.

use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

use crate::idl::core::WorkflowExecutionIdentifier;

/// One attempt of a task.
#[derive(Clone, Debug)]
pub struct Place {
    pub execution: WorkflowExecutionIdentifier,
    /// The node's id, unique in the execution, as in a NodeExecutionIdentifier.
    pub node_id: String,
    /// The attempt's number, of its item for a map task.
    pub attempt: u32,
    /// The item of a map task.
    pub item: Option<u32>,
}

/// The folders of all attempts, below the data directory's storage: what is there can be read through the data proxy.
#[derive(Clone, Debug)]
pub struct Places {
    root: PathBuf,
}

impl Place {
    /// The attempt before this one.
    pub fn before(&self) -> Option<Self> {
        Some(Self { attempt: self.attempt.checked_sub(1)?, ..self.clone() })
    }
}

impl Places {
    /// The places below `storage`, which is absolute. Like propeller's they have a prefix of their own: no project is
    /// called so.
    pub fn new(storage: &Path) -> Self {
        Self { root: storage.join("metadata").join("propeller") }
    }

    /// What all folders have in common.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of an attempt; it is the output prefix that its task is told.
    pub fn folder(&self, place: &Place) -> PathBuf {
        let execution = &place.execution;
        let parts = [&execution.project, &execution.domain, &execution.name, &place.node_id];
        let mut folder = parts.iter().fold(self.root.clone(), |path, part| path.join(file_name(part)));
        if let Some(item) = place.item {
            folder.push(format!("item-{item}"));
        }
        folder.join(place.attempt.to_string())
    }

    pub fn inputs(&self, place: &Place) -> PathBuf {
        self.folder(place).join("inputs.pb")
    }

    /// The task template, for commands that ask for it.
    pub fn template(&self, place: &Place) -> PathBuf {
        self.folder(place).join("task.pb")
    }

    /// The task's standard output and error.
    pub fn log(&self, place: &Place) -> PathBuf {
        self.folder(place).join("task.log")
    }

    /// Where the task writes files, folders and data frames.
    pub fn raw(&self, place: &Place) -> PathBuf {
        self.folder(place).join("raw")
    }
}

/// What a file name can hold anywhere; all else is percent-encoded.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// The longest file name made from an id: well below what file systems take.
const LONGEST: usize = 200;

/// An id as the name of a folder, another one for each id.
fn file_name(id: &str) -> String {
    let encoded = utf8_percent_encode(id, PLAIN).to_string();
    // Only dots would be a place of its own.
    if encoded.len() > LONGEST || encoded.chars().all(|c| c == '.') {
        return format!("%{}", data_encoding::HEXLOWER.encode(&Sha256::digest(id)));
    }
    encoded
}

/// What has a meaning of its own in the path of a URL.
const IN_URL: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'?').add(b'%').add(b'`');

/// The `file://` URL of an absolute path.
pub fn file_url(path: &Path) -> String {
    let path = path.to_string_lossy().replace('\\', "/");
    let slash = if path.starts_with('/') { "" } else { "/" };
    format!("file://{slash}{}", utf8_percent_encode(&path, IN_URL))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(node_id: &str, attempt: u32, item: Option<u32>) -> Place {
        let execution = WorkflowExecutionIdentifier {
            project: "p".into(),
            domain: "development".into(),
            name: "e1".into(),
            org: String::new(),
        };
        Place { execution, node_id: node_id.into(), attempt, item }
    }

    #[test]
    fn each_attempt_has_a_folder_of_its_own() {
        let places = Places::new(Path::new("/data/storage"));
        let folder = |node_id: &str, attempt, item| {
            let folder = places.folder(&place(node_id, attempt, item));
            folder.strip_prefix(places.root()).unwrap().to_str().unwrap().to_owned()
        };
        assert_eq!(folder("n0-0-n1", 2, None), "p/development/e1/n0-0-n1/2");
        assert_eq!(folder("n0", 0, Some(7)), "p/development/e1/n0/item-7/0");
        assert_eq!(folder("a/../b c", 0, None), "p/development/e1/a%2F..%2Fb%20c/0");
        assert!(folder("..", 0, None).starts_with("p/development/e1/%5ec1"), "{}", folder("..", 0, None));
        let long = folder(&"x".repeat(300), 0, None);
        assert_ne!(long, folder(&"x".repeat(301), 0, None));
        assert!(long.len() < 120, "{long}");
    }

    #[test]
    fn urls_of_files() {
        assert_eq!(file_url(Path::new("/a b/%/ü.log")), "file:///a%20b/%25/%C3%BC.log");
    }
}
