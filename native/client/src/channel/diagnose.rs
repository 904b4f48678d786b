//! Finding out what a server is that broke a connection: by what it sent, or else by asking once more in the other
//! languages that it may speak. Only calls that fail for good pay for that.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::connect::tcp;
use super::sniff::{is_http2, is_tls, verdict};
use super::{Connector, Target};
use crate::error::Failure;

/// Longest wait for an answer to one question.
const PATIENCE: Duration = Duration::from_secs(1);

/// The client's connection preface with empty SETTINGS (RFC 9113, 3.4).
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// A TLS 1.2 ClientHello with one cipher suite and no extension: any TLS server answers it, most with an alert.
const CLIENT_HELLO: &[u8] = &[
    0x16, 0x03, 0x01, 0x00, 0x2d, // record: handshake, TLS 1.0 as every first record, 45 bytes
    0x01, 0x00, 0x00, 0x29, 0x03, 0x03, // ClientHello, 41 bytes, TLS 1.2
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, // random
    16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,   //
    0x00, // no session
    0x00, 0x02, 0x00, 0x2f, // one suite
    0x01, 0x00, // no compression
];

/// Says more of a connection that broke, by what it received.
pub(super) fn seen(connector: &Connector, failure: Failure) -> Failure {
    match failure {
        Failure::Lost(system) => {
            let first = connector.first_bytes();
            first.verdict().unwrap_or(if first.nothing() {
                Failure::Silent(system)
            } else {
                Failure::Lost(system)
            })
        }
        failure => failure,
    }
}

/// Says more of a server that said nothing, by asking again in other ways.
pub(super) async fn ask_again(target: &Target, failure: Failure) -> Failure {
    let Failure::Silent(system) = failure else { return failure };
    if target.tls {
        let answer = ask(target, HTTP2_PREFACE).await;
        let plain = is_http2(&answer) || answer.starts_with(b"HTTP/1.");
        return if plain { Failure::PlainTextPort } else { Failure::Silent(system) };
    }
    if is_tls(&ask(target, CLIENT_HELLO).await) {
        return Failure::TlsPort;
    }
    let request = format!("GET / HTTP/1.1\r\nHost: {target}\r\nConnection: close\r\n\r\n");
    verdict(&ask(target, request.as_bytes()).await).unwrap_or(Failure::Silent(system))
}

/// What the server says first when it is told this; empty when it says nothing in time.
async fn ask(target: &Target, question: &[u8]) -> Vec<u8> {
    let mut answer = Vec::new();
    let conversation = async {
        let mut stream = tcp(target).await.ok()?;
        stream.write_all(question).await.ok()?;
        while answer.len() < 1024 && stream.read_buf(&mut answer).await.ok()? > 0 {}
        Some(())
    };
    // Out of time is no failure: what has come by then is the answer.
    let _ = tokio::time::timeout(PATIENCE, conversation).await;
    answer
}
