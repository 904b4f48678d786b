use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use data_encoding::{BASE64, HEXLOWER};
use md5::{Digest, Md5};
use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use tonic::Status;

use super::Refusal;
use crate::failure::{Outcome, invalid};

/// Uploaded files, below one folder. Their native URL is their absolute path, which a task that runs on this machine
/// can read as it is.
pub struct Files {
    root: PathBuf,
}

/// How the names of files end that are still being uploaded.
const UNFINISHED: &str = ".part";

impl Files {
    /// The files below `root`, which must exist. Uploads that a killed server left unfinished are removed: only one
    /// server at a time uses a folder.
    pub fn open(root: PathBuf) -> io::Result<Self> {
        for entry in fs::read_dir(&root)? {
            let path = entry?.path();
            let unfinished = path.extension().is_some_and(|extension| extension == &UNFINISHED[1..]);
            if unfinished && path.is_file() {
                fs::remove_file(path)?;
            }
        }
        Ok(Self { root })
    }

    /// The path, below the folder, that `parts` make: joined, with `.` and `..` resolved. It must stay below the first
    /// two parts, the project and the domain.
    pub fn key(parts: &[&str]) -> Outcome<String> {
        let mut resolved: Vec<&str> = Vec::new();
        for segment in parts.iter().flat_map(|part| part.split('/')) {
            match segment {
                "" | "." => {}
                ".." => {
                    resolved.pop();
                }
                // On Windows a colon can begin another place: a drive, a stream of a file.
                _ if segment.contains(['\\', '\0']) || cfg!(windows) && segment.contains(':') => {
                    return Err(invalid(format!("a file cannot have this name: {segment:?}")));
                }
                _ => resolved.push(segment),
            }
        }
        if resolved.len() < 3 || resolved[..2] != parts[..2] {
            return Err(invalid(format!("{} is not below its project and domain", parts.join("/"))));
        }
        Ok(resolved.join("/"))
    }

    /// The native URL of the file at `key`.
    pub fn native_url(&self, key: &str) -> String {
        self.path(key).to_string_lossy().into_owned()
    }

    fn path(&self, key: &str) -> PathBuf {
        key.split('/').fold(self.root.clone(), |path, segment| path.join(segment))
    }

    /// The Base64 MD5 of the file at `key`, none when there is no such file.
    pub fn digest(&self, key: &str) -> Outcome<Option<String>> {
        let mut file = match fs::File::open(self.path(key)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Status::internal(format!("cannot read {key}: {error}"))),
        };
        let mut digest = Md5::new();
        let mut buffer = vec![0; 64 << 10];
        loop {
            match file.read(&mut buffer) {
                Ok(0) => return Ok(Some(BASE64.encode(&digest.finalize()))),
                Ok(count) => digest.update(&buffer[..count]),
                Err(error) => return Err(Status::internal(format!("cannot read {key}: {error}"))),
            }
        }
    }

    /// The file with this native URL (a path, or the same as a `file://` URL) and its length, none when it is not below
    /// the folder or does not exist.
    pub fn find(&self, native_url: &str) -> Outcome<Option<(fs::File, u64)>> {
        let path = Path::new(native_url.strip_prefix("file://").unwrap_or(native_url));
        let leaves = path.components().any(|component| component == Component::ParentDir);
        if leaves || !path.starts_with(&self.root) {
            return Ok(None);
        }
        let found = fs::metadata(path).and_then(|found| {
            if found.is_file() { Ok(Some((fs::File::open(path)?, found.len()))) } else { Ok(None) }
        });
        match found {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Ok(None)
            }
            found => found.map_err(|error| Status::internal(format!("cannot read {native_url}: {error}"))),
        }
    }

    /// Begins to write the file at `key`. It appears there, whole, when the upload is finished.
    pub async fn begin(&self, key: &str) -> Result<Upload, Refusal> {
        let target = self.path(key);
        let mut name = [0; 16];
        getrandom::fill(&mut name).map_err(|error| Refusal::Io(error.to_string()))?;
        let temporary = self.root.join(format!(".{}{UNFINISHED}", HEXLOWER.encode(&name)));
        let file = File::create_new(&temporary).await.map_err(io_failed)?;
        Ok(Upload { file, temporary: Temporary(temporary), target, digest: Md5::new() })
    }
}

/// An upload under way.
pub struct Upload {
    file: File,
    temporary: Temporary,
    target: PathBuf,
    digest: Md5,
}

impl Upload {
    pub async fn write(&mut self, data: &[u8]) -> Result<(), Refusal> {
        self.digest.update(data);
        self.file.write_all(data).await.map_err(io_failed)
    }

    /// Puts the file in its place, if what came is what `digest` (Base64 MD5) says. Once this returns, file and name
    /// are on disk.
    pub async fn finish(mut self, digest: Option<&str>) -> Result<(), Refusal> {
        let found = BASE64.encode(&self.digest.finalize());
        if let Some(said) = digest.filter(|said| *said != found) {
            return Err(Refusal::Digest { said: said.to_owned(), found });
        }
        self.file.flush().await.map_err(io_failed)?;
        self.file.sync_all().await.map_err(io_failed)?;
        drop(self.file);
        let (temporary, target) = (self.temporary, self.target);
        tokio::task::spawn_blocking(move || put_in_place(&temporary.0, &target))
            .await
            .map_err(|error| Refusal::Io(error.to_string()))?
            .map_err(io_failed)
    }
}

/// Removes what an upload that did not finish has left.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // After a finished upload it is gone already, under its new name.
        if let Err(error) = fs::remove_file(&self.0)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!("cannot remove {}: {error}", self.0.display());
        }
    }
}

/// Moves a written file to its name, and writes the names of new folders and of the file to disk.
fn put_in_place(temporary: &Path, target: &Path) -> io::Result<()> {
    let parent = target.parent().unwrap_or(target);
    let mut made = Vec::new();
    let mut folder = parent;
    while !folder.exists() {
        made.push(folder);
        let Some(above) = folder.parent() else { break };
        folder = above;
    }
    fs::create_dir_all(parent)?;
    fs::rename(temporary, target)?;
    sync_folder(parent)?;
    for folder in made {
        if let Some(above) = folder.parent() {
            sync_folder(above)?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

/// Windows writes names with the file, and cannot open a folder to be synchronised.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

fn io_failed(error: io::Error) -> Refusal {
    Refusal::Io(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stay_in_their_project_and_domain() {
        assert_eq!(Files::key(&["p", "d", "AB==", "a.tgz"]).unwrap(), "p/d/AB==/a.tgz");
        assert_eq!(Files::key(&["p", "d", "AB==", "../a b/ü.tgz"]).unwrap(), "p/d/a b/ü.tgz");
        for escaping in ["../../x", "../../../x", "../../../../etc/passwd", "a\\..\\b", "..", "../../d2/x"] {
            assert!(Files::key(&["p", "d", "root", escaping]).is_err() || escaping == "..", "{escaping}");
        }
        assert!(Files::key(&["p", "d", "root", ".."]).is_err());
        assert!(Files::key(&["..", "d", "root", "x"]).is_err());
    }

    #[test]
    fn only_files_below_the_folder_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("storage");
        fs::create_dir_all(root.join("p/d")).unwrap();
        fs::write(root.join("p/d/a"), "inside").unwrap();
        fs::write(folder.path().join("outside"), "no").unwrap();
        let files = Files::open(root.clone()).unwrap();
        let read = |url: &str| {
            let (mut file, length) = files.find(url).unwrap()?;
            let mut data = String::new();
            file.read_to_string(&mut data).unwrap();
            assert_eq!(data.len() as u64, length);
            Some(data)
        };
        assert_eq!(read(&files.native_url("p/d/a")).unwrap(), "inside");
        assert_eq!(read(&format!("file://{}", root.join("p/d/a").display())).unwrap(), "inside");
        let outside =
            [folder.path().join("outside"), root.join("../outside"), root.join("p/d/../../../outside")];
        for path in outside {
            assert_eq!(read(&path.to_string_lossy()), None, "{}", path.display());
        }
        assert_eq!(read(&files.native_url("p/d")), None, "a folder");
        assert_eq!(read(&files.native_url("p/d/a/b")), None, "below a file");
        assert_eq!(read("s3://bucket/key"), None);
    }

    #[test]
    fn what_was_left_unfinished_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        for name in [".00ff.part", "kept"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        fs::create_dir(folder.path().join("project.part")).unwrap();
        Files::open(folder.path().into()).unwrap();
        let mut left: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["kept", "project.part"]);
    }

    #[tokio::test]
    async fn a_wrong_digest_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::open(folder.path().into()).unwrap();
        let mut upload = files.begin("p/d/a").await.unwrap();
        upload.write(b"data").await.unwrap();
        let refused = upload.finish(Some("AAAA")).await.unwrap_err();
        assert_eq!(refused.status(), 400);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

        let mut upload = files.begin("p/d/a").await.unwrap();
        upload.write(b"da").await.unwrap();
        upload.write(b"ta").await.unwrap();
        upload.finish(Some(&BASE64.encode(&Md5::digest(b"data")))).await.unwrap();
        assert_eq!(fs::read(folder.path().join("p/d/a")).unwrap(), b"data");
        assert_eq!(files.digest("p/d/a").unwrap().unwrap(), BASE64.encode(&Md5::digest(b"data")));
    }
}
