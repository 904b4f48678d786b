use super::GrpcCode;

/// Why a call failed, as far as the runtime can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureReason {
    /// The server answered with an error of its own.
    Status,
    /// The caller cancelled, or closed the client.
    Cancelled,
    /// It took longer than it may.
    Deadline,
    /// The endpoint is not one.
    InvalidEndpoint,
    /// No such host.
    NameNotFound,
    /// Nothing listens there.
    ConnectionRefused,
    /// The server was not reached, or went away during the call.
    ConnectionLost,
    /// Nobody that this machine trusts vouches for the server.
    CertificateNotTrusted,
    /// TLS was spoken to a port that speaks plain text.
    PlainTextPort,
    /// Plain text was spoken to a port that speaks TLS.
    TlsPort,
    /// Something answers, but not in gRPC.
    NotGrpc,
    /// A proxy answered in the server's place.
    ProxyAnswered,
    /// The server wants to know who asks.
    SignInRequired,
    /// A Flyte 2 answers.
    Flyte2,
    /// A local file cannot be read or used.
    File,
    /// The code bundle was not stored.
    Upload,
    /// A bug in the runtime, caught at the binding's boundary.
    Panic,
}

impl FailureReason {
    /// The name that bindings use, such as `connectionRefused`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Cancelled => "cancelled",
            Self::Deadline => "deadline",
            Self::InvalidEndpoint => "invalidEndpoint",
            Self::NameNotFound => "nameNotFound",
            Self::ConnectionRefused => "connectionRefused",
            Self::ConnectionLost => "connectionLost",
            Self::CertificateNotTrusted => "certificateNotTrusted",
            Self::PlainTextPort => "plainTextPort",
            Self::TlsPort => "tlsPort",
            Self::NotGrpc => "notGrpc",
            Self::ProxyAnswered => "proxyAnswered",
            Self::SignInRequired => "signInRequired",
            Self::Flyte2 => "flyte2",
            Self::File => "file",
            Self::Upload => "upload",
            Self::Panic => "panic",
        }
    }

    /// The code that goes with it where no server gave one.
    pub(crate) fn code(self) -> GrpcCode {
        match self {
            Self::Status | Self::Upload => GrpcCode::Unknown,
            Self::Cancelled => GrpcCode::Cancelled,
            Self::Deadline => GrpcCode::DeadlineExceeded,
            Self::InvalidEndpoint | Self::File => GrpcCode::InvalidArgument,
            Self::SignInRequired => GrpcCode::Unauthenticated,
            Self::Flyte2 => GrpcCode::Unimplemented,
            Self::Panic => GrpcCode::Internal,
            Self::NameNotFound
            | Self::ConnectionRefused
            | Self::ConnectionLost
            | Self::CertificateNotTrusted
            | Self::PlainTextPort
            | Self::TlsPort
            | Self::NotGrpc
            | Self::ProxyAnswered => GrpcCode::Unavailable,
        }
    }
}
