//! The code bundle of a fast registration, unpacked before the task's process starts.
//!
//! Registered is `pyflyte-fast-execute --additional-distribution BUNDLE --dest-dir FOLDER -- COMMAND`, which imports
//! flytekit, unpacks the bundle and starts the command, which imports flytekit again. The same is done here without the
//! first of the two, which takes about half of a small task's time.

use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

/// A bundle that is on this machine.
#[derive(Debug, PartialEq)]
pub struct Bundle {
    archive: PathBuf,
    /// Where it is unpacked, in the working directory.
    pub destination: PathBuf,
}

/// The entry point, how its two options are called, and what it adds to the task's own options for dynamic tasks.
const ENTRY_POINT: &str = "pyflyte-fast-execute";
const BUNDLE: &str = "--additional-distribution";
const DESTINATION: &str = "--dest-dir";
const OF_DYNAMIC: [&str; 2] = ["--dynamic-addl-distro", "--dynamic-dest-dir"];

impl Bundle {
    /// Takes the bundle out of a command, which is then the one that runs the task. None, and the command with its
    /// folder in the working directory, when flytekit has to get the bundle: from another store, or of another kind.
    pub fn take(arguments: &mut Vec<String>) -> Option<Self> {
        if arguments.first().map(|program| super::recipe::name_of(program)) != Some(ENTRY_POINT) {
            return None;
        }
        let end = arguments.iter().position(|argument| argument == "--")?;
        let mut archive = None;
        let mut destination = ".".to_owned();
        // A fast registration names a folder of its image. There is no image here: an absolute folder, such as
        // `/root`, would be one of this machine.
        for option in arguments[1..end].chunks_exact_mut(2) {
            match option {
                [name, value] if name == BUNDLE => archive = Some(value.clone()),
                [name, value] if name == DESTINATION => {
                    if leaves(Path::new(value)) {
                        ".".clone_into(value);
                    }
                    destination.clone_from(value);
                }
                _ => return None,
            }
        }
        let address = archive?;
        let archive = PathBuf::from(address.strip_prefix("file://").unwrap_or(&address));
        if !address.ends_with(".tar.gz") || !archive.is_file() {
            return None;
        }
        let [of_bundle, of_destination] = OF_DYNAMIC.map(str::to_owned);
        let added = [of_bundle, address, of_destination, destination.clone()];
        let command = arguments.split_off(end + 1).into_iter();
        *arguments = command
            .flat_map(|argument| {
                let added = if argument == "--resolver" { added.to_vec() } else { Vec::new() };
                added.into_iter().chain([argument])
            })
            .collect();
        Some(Self { archive, destination: destination.into() })
    }

    /// Unpacks it in `working`, and gives the folder that Python has to import from.
    pub fn unpack(&self, working: &Path) -> Result<PathBuf, String> {
        let failed = |why: String| format!("cannot unpack the code bundle {}: {why}", self.archive.display());
        let folder = working.join(&self.destination);
        let folder = std::fs::create_dir_all(&folder)
            .and_then(|()| folder.canonicalize())
            .map_err(|error| failed(error.to_string()))?;
        // The same program that flytekit uses.
        let tar = Command::new("tar")
            .arg("-xzf")
            .arg(&self.archive)
            .arg("-C")
            .arg(&folder)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| failed(format!("tar: {error}")))?;
        if !tar.status.success() {
            return Err(failed(String::from_utf8_lossy(&tar.stderr).trim_end().to_owned()));
        }
        Ok(folder)
    }
}

fn leaves(path: &Path) -> bool {
    path.has_root()
        || path.components().any(|part| matches!(part, Component::ParentDir | Component::Prefix(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn a_bundle_on_this_machine_is_taken_out() {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("fast.tar.gz");
        std::fs::write(&archive, "").unwrap();
        let at = archive.display();
        for address in [format!("{at}"), format!("file://{at}")] {
            let mut command = words(&format!(
                "pyflyte-fast-execute --additional-distribution {address} --dest-dir /root -- pyflyte-execute \
                 --resolver r -- task-module m"
            ));
            let bundle = Bundle::take(&mut command).unwrap();
            assert_eq!(bundle, Bundle { archive: archive.clone(), destination: ".".into() });
            let expected = format!(
                "pyflyte-execute --dynamic-addl-distro {address} --dynamic-dest-dir . --resolver r -- task-module m"
            );
            assert_eq!(command.join(" "), expected);
        }
    }

    #[test]
    fn others_are_left_to_flytekit() {
        for (command, expected) in [
            (
                "pyflyte-fast-execute --additional-distribution s3://b/x.tar.gz --dest-dir /root -- pyflyte-execute",
                "pyflyte-fast-execute --additional-distribution s3://b/x.tar.gz --dest-dir . -- pyflyte-execute",
            ),
            (
                "pyflyte-fast-execute --dest-dir a/../.. -- pyflyte-execute",
                "pyflyte-fast-execute --dest-dir . -- pyflyte-execute",
            ),
            ("pyflyte-fast-execute --other x -- a", "pyflyte-fast-execute --other x -- a"),
            ("pyflyte-execute -- --dest-dir /root", "pyflyte-execute -- --dest-dir /root"),
        ] {
            let mut arguments = words(command);
            assert_eq!(Bundle::take(&mut arguments), None);
            assert_eq!(arguments.join(" "), expected);
        }
    }

    #[test]
    fn what_is_no_archive_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("fast.tar.gz");
        std::fs::write(&archive, "no archive").unwrap();
        let error = Bundle { archive, destination: "src".into() }.unpack(folder.path()).unwrap_err();
        assert!(error.contains("fast.tar.gz: ") && error.contains("gzip"), "{error}");
    }
}
