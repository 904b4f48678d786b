//! What a store says to an upload.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, header};

use super::Md5Digest;

/// The MD5 digest of the object that the store has made, where it says so: as `Content-MD5` (Azure), in `x-goog-hash`
/// (Google Cloud Storage) or as the ETag (S3 and what is compatible with it). An ETag has no digest in it when the
/// object is encrypted with a key of a key service or of the client.
pub(super) fn stored_digest(headers: &HeaderMap) -> Option<Md5Digest> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let google = headers.get_all("x-goog-hash").iter().filter_map(|value| value.to_str().ok());
    let google = google.flat_map(|value| value.split(',')).find_map(|hash| hash.trim().strip_prefix("md5="));
    if let Some(base64) = text("content-md5").or(google) {
        return STANDARD.decode(base64).ok()?.try_into().ok();
    }
    let by_key_service = text("x-amz-server-side-encryption").is_some_and(|how| how.starts_with("aws:kms"));
    if by_key_service || headers.contains_key("x-amz-server-side-encryption-customer-algorithm") {
        return None;
    }
    let tag = text(header::ETAG.as_str())?;
    hex(tag.strip_prefix('"')?.strip_suffix('"')?)
}

/// 32 hexadecimal digits.
fn hex(text: &str) -> Option<Md5Digest> {
    let digits = text.bytes().map(|byte| char::from(byte).to_digit(16)).collect::<Option<Vec<u32>>>()?;
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    let bytes: Option<Vec<u8>> = pairs.iter().map(|[high, low]| u8::try_from(high * 16 + low).ok()).collect();
    bytes?.try_into().ok()
}

/// Why the store refused, in a few words: the code and message of S3's XML, or the start of the text.
pub(super) fn refusal(body: &[u8]) -> String {
    let body = String::from_utf8_lossy(body);
    let element = |name: &str| {
        let (_, rest) = body.split_once(&format!("<{name}>"))?;
        Some(rest.split_once("</")?.0.trim())
    };
    match (element("Code"), element("Message")) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(text), None) | (None, Some(text)) => text.to_owned(),
        (None, None) => {
            let words: Vec<&str> = body.split_whitespace().collect();
            words.join(" ").chars().take(200).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// That of "hello world".
    const DIGEST: Md5Digest =
        [0x5e, 0xb6, 0x3b, 0xbb, 0xe0, 0x1e, 0xee, 0xd0, 0x93, 0xcb, 0x22, 0xbb, 0x8f, 0x5a, 0xcd, 0xc3];

    fn digest(headers: &[(&'static str, &str)]) -> Option<Md5Digest> {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        stored_digest(&headers.collect())
    }

    #[test]
    fn each_store_tells_the_digest_in_its_way() {
        assert_eq!(digest(&[("etag", "\"5EB63bbbe01eeed093cb22bb8f5acdc3\"")]), Some(DIGEST));
        assert_eq!(
            digest(&[("content-md5", "XrY7u+Ae7tCTyyK7j1rNww=="), ("etag", "\"0x8D\"")]),
            Some(DIGEST)
        );
        assert_eq!(digest(&[("x-goog-hash", "crc32c=AAAAAA==, md5=XrY7u+Ae7tCTyyK7j1rNww==")]), Some(DIGEST));
    }

    #[test]
    fn what_is_no_digest_says_nothing() {
        let tag = ("etag", "\"5eb63bbbe01eeed093cb22bb8f5acdc3\"");
        assert_eq!(digest(&[]), None);
        for other in [
            "5eb63bbbe01eeed093cb22bb8f5acdc3",
            "\"\"",
            "W/\"5eb63bbb\"",
            "\"abc\"",
            "\"d41d8cd98f00b204e9800998ecf8427e-2\"",
        ] {
            assert_eq!(digest(&[("etag", other)]), None, "{other}");
        }
        assert_eq!(digest(&[tag, ("x-amz-server-side-encryption", "aws:kms")]), None);
        assert_eq!(digest(&[tag, ("x-amz-server-side-encryption", "AES256")]), Some(DIGEST));
        assert_eq!(digest(&[tag, ("x-amz-server-side-encryption-customer-algorithm", "AES256")]), None);
    }

    #[test]
    fn a_refusal_is_told_in_the_stores_words() {
        let xml = b"<?xml version=\"1.0\"?><Error><Code>BadDigest</Code><Message>It did not match.</Message></Error>";
        assert_eq!(refusal(xml), "BadDigest: It did not match.");
        assert_eq!(refusal(b"  no\n such   bucket "), "no such bucket");
        assert_eq!(refusal(b"\xff<Code>X</Code>"), "X");
        assert_eq!(refusal(b""), "");
    }
}
