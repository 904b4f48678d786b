//! Storing the code bundle: where, and the signed PUT.

mod answer;
mod body;
mod put;

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flyte_idl::flyteidl::service::{CreateUploadLocationRequest, CreateUploadLocationResponse};
use md5::{Digest, Md5};

use crate::call::{CallOptions, Caller, method};
use crate::domain::{Bundle, Scope};
use crate::error::{FailureReason, FlyteError};

pub(super) use put::put;

/// An MD5 digest: what names a bundle in the store, and what the store checks it by.
pub(crate) type Md5Digest = [u8; 16];

/// A bundle on disk, measured.
#[derive(Debug)]
pub(super) struct Archive<'a> {
    pub path: &'a Path,
    /// The name that the store keeps it under.
    pub name: String,
    pub size: u64,
    pub md5: Md5Digest,
}

/// Asks where a file of this name and digest belongs in the server's store. Changes nothing on the server, and the
/// address is the same each time; the signed URL beside it is for an hour.
///
/// # Errors
/// Those of any call. FlyteAdmin does not check that the project exists.
pub(crate) async fn location(
    caller: &Caller,
    scope: &Scope,
    file_name: &str,
    md5: Md5Digest,
    options: &CallOptions,
) -> Result<CreateUploadLocationResponse, FlyteError> {
    let request = CreateUploadLocationRequest {
        project: scope.project.clone(),
        domain: scope.domain.clone(),
        org: scope.org.clone(),
        filename: file_name.to_owned(),
        content_md5: md5.to_vec().into(),
        // As flytekit asks: the store then keeps the digest beside the object.
        add_content_md5_metadata: true,
        ..Default::default()
    };
    let action = format!("ask where {file_name} is to be uploaded");
    caller.unary(&method::CREATE_UPLOAD_LOCATION, &request, &action, options).await
}

/// Reads a digest in Base64, as `Content-MD5` writes it.
///
/// # Errors
/// [`FailureReason::File`] for what is not the Base64 of 16 bytes.
pub(crate) fn digest_from_base64(text: &str) -> Result<Md5Digest, FlyteError> {
    let digest = STANDARD.decode(text).ok().and_then(|bytes| Md5Digest::try_from(bytes).ok());
    digest.ok_or_else(|| {
        let message =
            format!("\"{text}\" is not an MD5 digest in Base64, by which a code bundle's address is asked.");
        FlyteError::new(FailureReason::File, message)
    })
}

/// Measures the bundle, off the runtime's threads.
///
/// # Errors
/// [`FailureReason::File`] when it cannot be read.
pub(super) async fn measure(bundle: &Bundle) -> Result<Archive<'_>, FlyteError> {
    let path = bundle.file.clone();
    let unreadable = |why: &dyn std::fmt::Display| {
        let message =
            format!("The code bundle {} cannot be read: {why}. Pack it again.", bundle.file.display());
        FlyteError::new(FailureReason::File, message)
    };
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = name.ok_or_else(|| unreadable(&"it is no file"))?;
    let hashed = tokio::task::spawn_blocking(move || -> std::io::Result<(u64, Md5Digest)> {
        let mut digest = Md5::new();
        let size = std::io::copy(&mut std::fs::File::open(path)?, &mut Hashing(&mut digest))?;
        Ok((size, digest.finalize().into()))
    });
    let (size, md5) =
        hashed.await.map_err(|error| unreadable(&error))?.map_err(|error| unreadable(&error))?;
    Ok(Archive { path: &bundle.file, name, size, md5 })
}

/// Feeds a digest from whatever copies.
struct Hashing<'a>(&'a mut Md5);

impl std::io::Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_bundle_is_measured_as_content_md5_writes_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("fast1.tar.gz");
        std::fs::write(&file, b"hello").unwrap();
        let bundle = Bundle { file, destination: "/root".into(), address: None };
        let archive = measure(&bundle).await.unwrap();
        assert_eq!((archive.name.as_str(), archive.size), ("fast1.tar.gz", 5));
        // As in the recordings of CreateUploadLocation.
        assert_eq!(archive.md5, digest_from_base64("XUFAKrxLKna5cZ2REBfFkg==").unwrap());
    }

    #[tokio::test]
    async fn a_bundle_that_is_not_there_is_named() {
        let bundle =
            Bundle { file: "/nowhere/fast1.tar.gz".into(), destination: String::new(), address: None };
        let error = measure(&bundle).await.unwrap_err();
        assert_eq!(error.reason, FailureReason::File);
        assert!(error.message.contains("/nowhere/fast1.tar.gz"), "{}", error.message);
    }

    #[test]
    fn what_is_no_digest_is_refused() {
        for text in ["", "XrY7u", "XrY7u+Ae7tCTyyK7j1rN", "5eb63bbbe01eeed093cb22bb8f5acdc3"] {
            let error = digest_from_base64(text).unwrap_err();
            assert!(error.message.contains(text), "{}", error.message);
        }
    }
}
