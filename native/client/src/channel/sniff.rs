//! A watch over the first bytes that a server sends: the one place where it can still be seen what kind of server it is,
//! because HTTP/2's reader only says that they are no frame.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::transport::Transport;
use crate::error::{Failure, HttpAnswer};

/// As many bytes as the head of an HTTP/1 answer and the start of its body may have.
const KEPT: usize = 2048;

/// HTTP/2's frame header: 3 bytes of length, 1 of type, 1 of flags, 4 of stream.
const FRAME_HEADER: usize = 9;
const SETTINGS: u8 = 4;

/// What the newest connection has received so far, as far as it matters.
#[derive(Debug, Clone, Default)]
pub(super) struct FirstBytes(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
enum Seen {
    /// Not an HTTP/2 server, or too few bytes to tell.
    Some(Vec<u8>),
    /// Nothing was received.
    #[default]
    Nothing,
    /// An HTTP/2 server.
    Http2,
}

impl FirstBytes {
    fn with<R>(&self, act: impl FnOnce(&mut Seen) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Forgets the connection before.
    pub(super) fn reset(&self) {
        self.with(|seen| *seen = Seen::Nothing);
    }

    /// Notes what was received; false when no more needs to be.
    fn note(&self, bytes: &[u8]) -> bool {
        self.with(|seen| {
            if let Seen::Nothing = seen {
                *seen = Seen::Some(Vec::new());
            }
            let Seen::Some(kept) = seen else { return false };
            kept.extend_from_slice(bytes.get(..KEPT.saturating_sub(kept.len())).unwrap_or(bytes));
            if is_http2(kept) {
                *seen = Seen::Http2;
                return false;
            }
            kept.len() < KEPT
        })
    }

    /// What the bytes say of a connection that broke; `None` when they say nothing.
    pub(super) fn verdict(&self) -> Option<Failure> {
        self.with(|seen| match seen {
            Seen::Nothing | Seen::Http2 => None,
            Seen::Some(bytes) => verdict(bytes),
        })
    }

    /// Whether the server sent nothing at all.
    pub(super) fn nothing(&self) -> bool {
        self.with(|seen| matches!(seen, Seen::Nothing))
    }
}

/// Whether this is the start of an HTTP/2 server's connection preface, a SETTINGS frame (RFC 9113, 3.4).
pub(super) fn is_http2(bytes: &[u8]) -> bool {
    matches!(bytes.first_chunk::<FRAME_HEADER>(), Some([_, _, length, SETTINGS, _, 0, 0, 0, 0]) if length % 6 == 0)
}

/// Whether this is the start of a TLS record (alert or handshake) of any version.
pub(super) fn is_tls(bytes: &[u8]) -> bool {
    matches!(bytes, [0x15 | 0x16, 0x03, ..])
}

/// What kind of server sends these bytes first; `None` when there are too few, or when it is HTTP/2 as it should be.
pub(super) fn verdict(bytes: &[u8]) -> Option<Failure> {
    if is_http2(bytes) || bytes.is_empty() {
        None
    } else if is_tls(bytes) {
        Some(Failure::TlsPort)
    } else if let Some(answer) = HttpAnswer::from_http1(bytes) {
        Some(Failure::Http(answer))
    } else {
        let start: String = String::from_utf8_lossy(bytes).chars().take(40).collect();
        Some(Failure::NotGrpc(format!("it begins with {start:?}")))
    }
}

/// A connection under watch.
pub(crate) struct Watched {
    inner: Transport,
    first: Option<FirstBytes>,
}

impl Watched {
    pub(super) fn new(inner: Transport, first: FirstBytes) -> Self {
        Self { inner, first: Some(first) }
    }
}

impl AsyncRead for Watched {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let polled = Pin::new(&mut this.inner).poll_read(cx, buf);
        if let (Some(first), Some(bytes)) = (&this.first, buf.filled().get(before..))
            && !bytes.is_empty()
            && !first.note(bytes)
        {
            this.first = None;
        }
        polled
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
