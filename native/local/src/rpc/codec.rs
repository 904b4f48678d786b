use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Response};
use http_body::{Body as HttpBody, Frame};
use tonic::Status;
use tonic::body::Body;
use tonic::codec::{DecodeBuf, Decoder};

use crate::failure::Outcome;

/// Leaves requests as bytes, so that they are decoded on the thread that handles the call.
pub struct RawDecoder;

impl Decoder for RawDecoder {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}

/// The response with an encoded message, which is sent from where it is: tonic's encoder would copy it.
pub fn response(message: Vec<u8>) -> Outcome<Response<Body>> {
    let length = u32::try_from(message.len()).map_err(|_| {
        Status::resource_exhausted(format!(
            "the answer has {} bytes, gRPC allows {}: ask for fewer rows",
            message.len(),
            u32::MAX
        ))
    })?;
    // gRPC's frame: a byte that says whether the message is compressed, four with its length, the message.
    let mut head = BytesMut::with_capacity(5);
    head.put_u8(0);
    head.put_u32(length);
    let mut trailers = HeaderMap::with_capacity(1);
    trailers.insert(Status::GRPC_STATUS, HeaderValue::from_static("0"));
    let mut frames = vec![Frame::data(head.freeze()), Frame::data(message.into()), Frame::trailers(trailers)];
    // Clients take many empty frames for an attack.
    frames.retain(|frame| frame.data_ref().is_none_or(|data| !data.is_empty()));
    let mut response = Response::new(Body::new(Frames(frames.into_iter())));
    response.headers_mut().insert(http::header::CONTENT_TYPE, tonic::metadata::GRPC_CONTENT_TYPE);
    Ok(response)
}

/// A body whose frames are all there.
struct Frames(std::vec::IntoIter<Frame<Bytes>>);

impl HttpBody for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.next().map(Ok))
    }
}
