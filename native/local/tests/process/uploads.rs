use std::io::{Read, Write};
use std::net::TcpStream;

use data_encoding::BASE64;
use flyte_idl::flyteidl::service::{
    CreateDownloadLocationRequest, CreateUploadLocationRequest, CreateUploadLocationResponse,
};
use md5::{Digest, Md5};

use crate::requests::{DOMAIN, PROJECT};
use crate::spawned::Spawned;

fn digest(content: &[u8]) -> Vec<u8> {
    Md5::digest(content).to_vec()
}

/// Sends a request as a plain HTTP/1.1 client does, and gives the answer's status and body.
pub fn http(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, Vec<u8>) {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let mut head = format!("{method} /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    stream.write_all(head.as_bytes()).unwrap();
    // A refusal may come before the body was read.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let status = String::from_utf8_lossy(&answer[9..12]).parse().unwrap();
    (status, answer[end + 4..].to_vec())
}

/// Uploads as clients do: with the headers that the location came with.
fn put(location: &CreateUploadLocationResponse, body: &[u8]) -> (u16, Vec<u8>) {
    let headers: Vec<_> =
        location.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    http("PUT", &location.signed_url, &headers, body)
}

async fn location(server: &Spawned, content: &[u8], name: &str) -> CreateUploadLocationResponse {
    let request = CreateUploadLocationRequest {
        project: PROJECT.into(),
        domain: DOMAIN.into(),
        filename: name.into(),
        content_md5: digest(content).into(),
        ..Default::default()
    };
    server.data_proxy().await.create_upload_location(request).await.unwrap().into_inner()
}

async fn download(server: &Spawned, native_url: &str) -> (u16, Vec<u8>) {
    #[allow(deprecated, reason = "clients still ask for it")]
    let request = CreateDownloadLocationRequest { native_url: native_url.into(), ..Default::default() };
    #[allow(deprecated, reason = "clients still ask for it")]
    let signed =
        server.data_proxy().await.create_download_location(request).await.unwrap().into_inner().signed_url;
    http("GET", &signed, &[], b"")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_uploaded_can_be_downloaded_also_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let server = Spawned::start(folder.path(), &[]);
    // Larger than any buffer in between.
    let content: Vec<u8> = (0..3_000_000_u32).map(|byte| (byte % 251) as u8).collect();
    let place = location(&server, &content, "code bundle.tgz").await;
    assert_eq!(put(&place, &content).0, 200);
    assert_eq!(download(&server, &place.native_url).await, (200, content.clone()));
    server.kill();

    let server = Spawned::start(folder.path(), &[]);
    assert_eq!(download(&server, &place.native_url).await, (200, content.clone()));
    assert_eq!(
        std::fs::read(&place.native_url).unwrap(),
        content,
        "the native URL is a path on this machine"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_not_what_the_digest_says_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let server = Spawned::start(folder.path(), &[]);
    let place = location(&server, b"right", "a.tgz").await;
    let (status, answer) = put(&place, b"wrong");
    assert_eq!(status, 400);
    let answer = String::from_utf8(answer).unwrap();
    assert!(
        answer.contains("nothing was stored") && answer.contains(&BASE64.encode(&digest(b"wrong"))),
        "{answer}"
    );
    assert_eq!(download(&server, &place.native_url).await.0, 404);
    assert_eq!(put(&place, b"right").0, 200);
    // What is there stays when a later upload breaks its promise.
    assert_eq!(put(&place, b"wrong").0, 400);
    assert_eq!(download(&server, &place.native_url).await, (200, b"right".to_vec()));
}

#[tokio::test(flavor = "multi_thread")]
async fn other_urls_than_the_signed_one_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let server = Spawned::start(folder.path(), &[]);
    let place = location(&server, b"content", "a.tgz").await;
    let md5 = BASE64.encode(&digest(b"content"));
    let headers = [("Content-MD5", md5.as_str())];
    let send = |url: &str, headers: &[(&str, &str)]| http("PUT", url, headers, b"content").0;

    assert_eq!(send(&place.signed_url.replace("a.tgz", "b.tgz"), &headers), 403, "another file");
    assert_eq!(send(&place.signed_url.replace("expires=1", "expires=2"), &headers), 403, "a later time");
    assert_eq!(
        send(&place.signed_url.replace("/development/", "/production/"), &headers),
        403,
        "another domain"
    );
    assert_eq!(send(&place.signed_url, &[]), 403, "no digest");
    let other = BASE64.encode(&digest(b"other"));
    assert_eq!(send(&place.signed_url, &[("Content-MD5", other.as_str())]), 403, "another digest");
    assert_eq!(http("GET", &place.signed_url, &headers, b"").0, 403, "another method");
    let (base, _) = place.signed_url.split_once("/storage/").unwrap();
    assert_eq!(send(&format!("{base}/storage/flytesnacks/development/x"), &headers), 403, "no signature");
    assert_eq!(http("GET", &format!("{base}/"), &[], b"").0, 404);
    let secret = format!("{base}/objects?uri=%2Fetc%2Fpasswd&expires=99999999999&signature=00");
    assert_eq!(http("GET", &secret, &[], b"").0, 403);

    assert_eq!(send(&place.signed_url, &headers), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_url_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let server = Spawned::start(folder.path(), &[]);
    let request = CreateUploadLocationRequest {
        project: PROJECT.into(),
        domain: DOMAIN.into(),
        filename: "a.tgz".into(),
        content_md5: digest(b"content").into(),
        expires_in: Some(flyte_idl::google::protobuf::Duration { seconds: 1, nanos: 0 }),
        ..Default::default()
    };
    let place = server.data_proxy().await.create_upload_location(request).await.unwrap().into_inner();
    std::thread::sleep(std::time::Duration::from_millis(2_100));
    let (status, answer) = put(&place, b"content");
    assert_eq!(status, 403);
    assert!(String::from_utf8(answer).unwrap().contains("expired"));
    assert!(!std::path::Path::new(&place.native_url).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn files_outside_the_data_directory_cannot_be_downloaded() {
    let folder = tempfile::tempdir().unwrap();
    let server = Spawned::start(&folder.path().join("data"), &[]);
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "secret").unwrap();
    for url in [
        secret.to_str().unwrap().to_owned(),
        format!("file://{}", secret.display()),
        format!("{}/data/storage/../../secret", folder.path().display()),
        format!("{}/data/flyte.db", folder.path().display()),
    ] {
        assert_eq!(download(&server, &url).await.0, 404, "{url}");
    }
}
