use std::collections::HashMap;

use ::http::{Method, Uri};
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use rusqlite::{OptionalExtension, Transaction};
use sha2::Sha256;

use super::Refusal;
use crate::failure::{Outcome, storage};
use crate::times;

/// What stays as it is in a path: RFC 3986's unreserved characters and the slash.
const PATH: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');
/// The same without the slash, for values of a query.
const QUERY: AsciiSet = PATH.add(b'/');

const UPLOADS: &str = "/storage/";
const DOWNLOADS: &str = "/objects";

/// Makes and checks signed URLs. The key is kept in the database, so that they outlive a restart on the same port.
pub struct Signer {
    key: Hmac<Sha256>,
    base: String,
}

/// What a signed URL allows.
#[derive(Debug, PartialEq)]
pub enum SignedPath {
    /// To write the file at this path below the storage folder.
    Upload(String),
    /// To read the object of this native URL.
    Download(String),
}

impl Signer {
    /// This data directory's key, made on first use.
    pub fn secret(transaction: &Transaction) -> Outcome<Vec<u8>> {
        let kept = transaction
            .query_row("SELECT value FROM settings WHERE key = 'signing-key'", [], |row| row.get(0))
            .optional()
            .map_err(storage)?;
        if let Some(kept) = kept {
            return Ok(kept);
        }
        let mut made = vec![0; 32];
        getrandom::fill(&mut made)
            .map_err(|error| tonic::Status::internal(format!("no random numbers: {error}")))?;
        transaction
            .execute("INSERT INTO settings (key, value) VALUES ('signing-key', ?1)", [&made])
            .map_err(storage)?;
        Ok(made)
    }

    /// A signer of URLs below `base`, such as `http://127.0.0.1:30080`.
    pub fn new(secret: &[u8], base: String) -> Self {
        // A key of any length is fine for HMAC, so this cannot fail; an empty one stands in for the impossible.
        let key = Hmac::new_from_slice(secret).unwrap_or_else(|_| Hmac::new(&Default::default()));
        Self { key, base }
    }

    /// A URL to which a file may be uploaded until `expires` (nanoseconds). `digest`, if not empty, is what the
    /// upload's Content-MD5 header must say.
    pub fn upload_url(&self, path: &str, digest: &str, expires: i64) -> String {
        let seconds = expires / 1_000_000_000;
        let signature = self.sign("PUT", path, digest, seconds);
        let headers = if digest.is_empty() { "host" } else { "content-md5%3Bhost" };
        format!(
            "{}{UPLOADS}{}?expires={seconds}&signed-headers={headers}&signature={signature}",
            self.base,
            utf8_percent_encode(path, &PATH)
        )
    }

    /// A URL from which an object may be downloaded until `expires` (nanoseconds).
    pub fn download_url(&self, uri: &str, expires: i64) -> String {
        let seconds = expires / 1_000_000_000;
        let signature = self.sign("GET", uri, "", seconds);
        format!(
            "{}{DOWNLOADS}?uri={}&expires={seconds}&signed-headers=host&signature={signature}",
            self.base,
            utf8_percent_encode(uri, &QUERY)
        )
    }

    /// What a request to `uri` may do, `digest` being its Content-MD5 header.
    pub fn check(&self, method: &Method, uri: &Uri, digest: Option<&str>) -> Result<SignedPath, Refusal> {
        let query = parameters(uri.query().unwrap_or_default());
        let parameter = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
        let path = percent_decode_str(uri.path()).decode_utf8_lossy().into_owned();
        let (verb, subject, digest, allowed) = match path.strip_prefix(UPLOADS) {
            Some(file) if *method == Method::PUT => {
                let signed = parameter("signed-headers").contains("content-md5");
                let digest = if signed { digest.unwrap_or_default() } else { "" };
                ("PUT", file.to_owned(), digest, SignedPath::Upload(file.to_owned()))
            }
            None if path == DOWNLOADS && (*method == Method::GET || *method == Method::HEAD) => {
                let object = parameter("uri").to_owned();
                ("GET", object.clone(), "", SignedPath::Download(object))
            }
            Some(_) => return Err(Refusal::Signature),
            None => return Err(Refusal::NoSuchUrl),
        };
        let seconds: i64 = parameter("expires").parse().map_err(|_| Refusal::Signature)?;
        let signature = HEXLOWER.decode(parameter("signature").as_bytes()).map_err(|_| Refusal::Signature)?;
        let mac = self.mac(verb, &subject, digest, seconds);
        mac.verify_slice(&signature).map_err(|_| Refusal::Signature)?;
        if times::now() / 1_000_000_000 > seconds {
            return Err(Refusal::Expired);
        }
        Ok(allowed)
    }

    fn sign(&self, verb: &str, subject: &str, digest: &str, seconds: i64) -> String {
        HEXLOWER.encode(&self.mac(verb, subject, digest, seconds).finalize().into_bytes())
    }

    fn mac(&self, verb: &str, subject: &str, digest: &str, seconds: i64) -> Hmac<Sha256> {
        let mut mac = self.key.clone();
        mac.update(format!("{verb}\n{subject}\n{seconds}\n{digest}").as_bytes());
        mac
    }
}

fn parameters(query: &str) -> HashMap<String, String> {
    query
        .split('&')
        .filter_map(|part| part.split_once('='))
        .map(|(name, value)| (name.to_owned(), percent_decode_str(value).decode_utf8_lossy().into_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer() -> Signer {
        Signer::new(b"secret", "http://127.0.0.1:1".into())
    }

    fn later() -> i64 {
        times::now() + 60_000_000_000
    }

    #[test]
    fn a_signed_upload_is_allowed() {
        let url: Uri = signer().upload_url("p/d/a b/ü.tgz", "bWQ1", later()).parse().unwrap();
        assert_eq!(url.path(), "/storage/p/d/a%20b/%C3%BC.tgz");
        let allowed = signer().check(&Method::PUT, &url, Some("bWQ1")).unwrap();
        assert_eq!(allowed, SignedPath::Upload("p/d/a b/ü.tgz".into()));
    }

    #[test]
    fn another_digest_method_path_or_time_is_refused() {
        let signer = signer();
        let url = signer.upload_url("p/d/a", "bWQ1", later());
        let check = |method: Method, url: &str, digest| {
            signer.check(&method, &url.parse().unwrap(), digest).unwrap_err().status()
        };
        assert_eq!(check(Method::PUT, &url, Some("b3RoZXI=")), 403);
        assert_eq!(check(Method::PUT, &url, None), 403);
        assert_eq!(check(Method::GET, &url, Some("bWQ1")), 403);
        assert_eq!(check(Method::PUT, &url.replace("/a?", "/b?"), Some("bWQ1")), 403);
        assert_eq!(check(Method::PUT, &url.replace("content-md5%3B", ""), Some("bWQ1")), 403);
        let expired = signer.upload_url("p/d/a", "bWQ1", times::now() - 2_000_000_000);
        assert_eq!(check(Method::PUT, &expired, Some("bWQ1")), 403);
        assert_eq!(check(Method::GET, "http://127.0.0.1:1/", None), 404);
    }

    #[test]
    fn a_signed_download_is_allowed() {
        let url: Uri = signer().download_url("s3://b/k?x&y", later()).parse().unwrap();
        let allowed = signer().check(&Method::GET, &url, None).unwrap();
        assert_eq!(allowed, SignedPath::Download("s3://b/k?x&y".into()));
    }
}
