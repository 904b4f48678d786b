use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use bytes::{Buf, BufMut, Bytes};
use data_encoding::BASE64;
use http::uri::PathAndQuery;
use serde::Deserialize;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};

/// One line of a recording.
#[derive(Deserialize)]
pub struct Call {
    pub n: u32,
    case: String,
    pub service: String,
    pub method: String,
    request_b64: String,
    response_b64: Option<String>,
    status: Option<RecordedStatus>,
}

#[derive(Deserialize)]
struct RecordedStatus {
    code: String,
    message: String,
    details_b64: Option<String>,
}

/// An encoded answer, or the error in place of one.
pub type Outcome = Result<Bytes, Status>;

impl Call {
    /// The calls of a file, in order.
    pub fn read(file: &str) -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test/fixtures/recordings");
        let text = fs::read_to_string(folder.join(format!("{file}.jsonl"))).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub fn title(&self) -> String {
        format!("{} ({})", self.method, self.case)
    }

    /// What FlyteAdmin answered.
    pub fn outcome(&self) -> Outcome {
        let decoded = |text: &String| Bytes::from(BASE64.decode(text.as_bytes()).unwrap());
        match &self.status {
            None => Ok(self.response_b64.as_ref().map(decoded).unwrap_or_default()),
            Some(status) => Err(Status::with_details(
                code(&status.code),
                status.message.clone(),
                status.details_b64.as_ref().map(decoded).unwrap_or_default(),
            )),
        }
    }
}

fn code(name: &str) -> Code {
    match name {
        "UNKNOWN" => Code::Unknown,
        "INVALID_ARGUMENT" => Code::InvalidArgument,
        "NOT_FOUND" => Code::NotFound,
        "ALREADY_EXISTS" => Code::AlreadyExists,
        "RESOURCE_EXHAUSTED" => Code::ResourceExhausted,
        "FAILED_PRECONDITION" => Code::FailedPrecondition,
        "UNIMPLEMENTED" => Code::Unimplemented,
        "INTERNAL" => Code::Internal,
        other => panic!("a code that no recording had so far: {other}"),
    }
}

/// Sends recorded requests as they are.
pub struct Client(Grpc<Channel>);

impl Client {
    pub async fn connect(address: SocketAddr) -> Self {
        // FlyteAdmin's longest errors come in headers larger than the usual limit.
        let endpoint =
            Endpoint::from_shared(format!("http://{address}")).unwrap().http2_max_header_list_size(1 << 20);
        let channel = endpoint.connect().await.unwrap();
        Self(Grpc::new(channel).max_decoding_message_size(usize::MAX))
    }

    pub async fn send(&mut self, call: &Call) -> Outcome {
        self.0.ready().await.unwrap();
        let path = PathAndQuery::try_from(format!("/{}/{}", call.service, call.method)).unwrap();
        let body = Bytes::from(BASE64.decode(call.request_b64.as_bytes()).unwrap());
        Ok(self.0.unary(Request::new(body), path, Raw).await?.into_inner())
    }
}

/// Leaves messages as they are.
#[derive(Clone, Copy, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}
