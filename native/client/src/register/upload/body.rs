use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::Stream;
use http_body::{Body, Frame, SizeHint};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, Take};
use tokio_util::io::ReaderStream;

/// How much is read from disk at a time.
const CHUNK: usize = 128 * 1024;

/// A file as the body of a request: as long as it was when it was measured, read as the connection takes it.
pub(super) struct FileBody {
    chunks: ReaderStream<Take<File>>,
    left: u64,
    sent: Arc<AtomicU64>,
}

impl FileBody {
    /// The first `size` bytes of `file`. `sent` counts those that the connection has taken.
    pub(super) fn new(file: File, size: u64, sent: Arc<AtomicU64>) -> Self {
        Self { chunks: ReaderStream::with_capacity(file.take(size), CHUNK), left: size, sent }
    }
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let body = self.get_mut();
        if body.left == 0 {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(match ready!(Pin::new(&mut body.chunks).poll_next(cx)) {
            Some(Ok(chunk)) => {
                body.left = body.left.saturating_sub(chunk.len() as u64);
                body.sent.fetch_add(chunk.len() as u64, Ordering::Relaxed);
                Ok(Frame::data(chunk))
            }
            Some(Err(error)) => Err(error),
            None => {
                Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file became shorter while it was sent"))
            }
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
