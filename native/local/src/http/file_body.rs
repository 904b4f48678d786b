use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf, Take};

/// How much of a file is in memory at once.
const CHUNK: usize = 64 << 10;

/// A file that is read while it is sent.
pub struct FileBody {
    file: Take<File>,
    chunk: Vec<u8>,
}

impl FileBody {
    /// The first `length` bytes of a file.
    pub fn new(file: File, length: u64) -> Self {
        Self { file: file.take(length), chunk: vec![0; CHUNK] }
    }
}

impl HttpBody for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = &mut *self;
        let mut read = ReadBuf::new(&mut this.chunk);
        ready!(Pin::new(&mut this.file).poll_read(context, &mut read))?;
        let read = Bytes::copy_from_slice(read.filled());
        Poll::Ready((!read.is_empty()).then(|| Ok(Frame::data(read))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.file.limit())
    }
}
