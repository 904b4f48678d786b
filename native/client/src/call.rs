//! The one way to make a call: with a deadline, a cancel, a retry where it is safe, and an error that says where it was.

mod answers;
mod codec;
pub(crate) mod method;

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use http::uri::PathAndQuery;
use prost::Message;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::channel::{Channel, ConnectionConfig, Connector};
use crate::error::{Failure, FlyteError};
use answers::Checked;
use codec::Raw;
pub(crate) use method::Method;

/// Longest message in either direction. Clusters are set up for literal maps of up to 50 MB and more; tonic's own limit is 4 MiB.
const MAX_MESSAGE: usize = 256 * 1024 * 1024;

/// Longest call: whoever asks for more means for ever.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// How much later than the caller the server gives up, so that it is this side that says so, and how.
const GRACE: Duration = Duration::from_secs(1);

/// Attempts in all, and the wait before the second; each further wait is twice as long.
const ATTEMPTS: u32 = 4;
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// Options of every remote call.
#[derive(Debug, Clone)]
pub struct CallOptions {
    /// How long it may take, with everything.
    pub timeout: Duration,
    /// Cancels it: it fails with [`crate::FailureReason::Cancelled`].
    pub cancel: CancellationToken,
}

impl CallOptions {
    /// What a call may take when nothing else is said.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

    /// When a call that starts now has to be over.
    fn deadline(&self) -> Instant {
        Instant::now() + self.timeout.min(LONGEST)
    }
}

impl Default for CallOptions {
    fn default() -> Self {
        Self { timeout: Self::DEFAULT_TIMEOUT, cancel: CancellationToken::new() }
    }
}

/// A server and the calls to it.
pub(crate) struct Caller {
    channel: Channel,
    endpoint: String,
    closed: CancellationToken,
}

impl Caller {
    /// Remembers how to connect. Reads nothing and touches no network.
    pub(crate) fn new(config: ConnectionConfig) -> Result<Self, FlyteError> {
        let given = config.endpoint.clone();
        let channel = Channel::new(config).map_err(|error| error.during("connect", &given))?;
        Ok(Self { endpoint: channel.target().to_string(), channel, closed: CancellationToken::new() })
    }

    /// `host:port`.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// What opens connections that do not go to Flyte's own port, with the same trust.
    pub(crate) fn connector(&self) -> &Connector {
        self.channel.connector()
    }

    /// Ends the calls under way and refuses later ones.
    pub(crate) fn close(&self) {
        self.closed.cancel();
        self.channel.close();
    }

    /// Makes a call and decodes its whole answer. `action` says what for, such as `list projects`.
    pub(crate) async fn unary<Request: Message, Response: Message + Default>(
        &self,
        method: &Method<Request, Response>,
        request: &Request,
        action: &str,
        options: &CallOptions,
    ) -> Result<Response, FlyteError> {
        let answer = self.unary_raw(method, request, action, options).await?;
        Response::decode(answer).map_err(|error| self.unreadable(&error, action))
    }

    /// Makes a call and gives its answer as it came: one message of the method's response type.
    pub(crate) async fn unary_raw<Request: Message, Response>(
        &self,
        method: &Method<Request, Response>,
        request: &Request,
        action: &str,
        options: &CallOptions,
    ) -> Result<Bytes, FlyteError> {
        self.call(method, Bytes::from(request.encode_to_vec()), action, options).await
    }

    /// Makes a call whose request is encoded already, for what must go out byte for byte as it was serialised.
    pub(crate) async fn unary_encoded<Request, Response: Message + Default>(
        &self,
        method: &Method<Request, Response>,
        request: Bytes,
        action: &str,
        options: &CallOptions,
    ) -> Result<Response, FlyteError> {
        let answer = self.call(method, request, action, options).await?;
        Response::decode(answer).map_err(|error| self.unreadable(&error, action))
    }

    async fn call<Request, Response>(
        &self,
        method: &Method<Request, Response>,
        request: Bytes,
        action: &str,
        options: &CallOptions,
    ) -> Result<Bytes, FlyteError> {
        let deadline = options.deadline();
        let attempts = self.attempts(method, request, deadline);
        self.guard(attempts, action, deadline, options).await
    }

    /// Runs anything remote under the options' deadline and cancel, and under [`Caller::close`].
    pub(crate) async fn guarded<T>(
        &self,
        work: impl Future<Output = Result<T, Failure>>,
        action: &str,
        options: &CallOptions,
    ) -> Result<T, FlyteError> {
        self.guard(work, action, options.deadline(), options).await
    }

    async fn guard<T>(
        &self,
        work: impl Future<Output = Result<T, Failure>>,
        action: &str,
        deadline: Instant,
        options: &CallOptions,
    ) -> Result<T, FlyteError> {
        let outcome = tokio::select! {
            biased;
            () = self.closed.cancelled() => Err(Failure::Closed),
            () = options.cancel.cancelled() => Err(Failure::Cancelled),
            outcome = work => outcome,
            () = tokio::time::sleep_until(deadline) => Err(Failure::Deadline(options.timeout)),
        };
        outcome.map_err(|failure| {
            let failure = match failure {
                // The server enforces the deadline too, and may be the first to notice.
                Failure::Status(status) if status.code() == tonic::Code::DeadlineExceeded => {
                    Failure::Deadline(options.timeout)
                }
                failure => failure,
            };
            self.placed(failure, action)
        })
    }

    /// Runs several calls as one, with one deadline for all of them.
    pub(crate) async fn within<T>(
        &self,
        work: impl Future<Output = Result<T, FlyteError>>,
        action: &str,
        options: &CallOptions,
    ) -> Result<T, FlyteError> {
        match tokio::time::timeout(options.timeout, work).await {
            Ok(outcome) => outcome,
            Err(_) => Err(self.placed(Failure::Deadline(options.timeout), action)),
        }
    }

    /// Tries, and tries again what may be tried again while there is time.
    async fn attempts<Request, Response>(
        &self,
        method: &Method<Request, Response>,
        request: Bytes,
        deadline: Instant,
    ) -> Result<Bytes, Failure> {
        let path = method.path().map_err(|error| Failure::NotGrpc(error.to_string()))?;
        let mut wait = FIRST_WAIT;
        let mut attempt = 1;
        loop {
            let failure = match self.attempt(path.clone(), request.clone(), deadline).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => self.channel.seen(failure),
            };
            if method.is_flyte1() && failure.is_unknown_service() && self.is_flyte2(deadline).await {
                return Err(Failure::Flyte2);
            }
            let again = failure.is_transient() && (method.repeatable() || failure.is_unsent());
            // Half to all of the wait, so that many callers do not come back at once.
            let jittered = wait.mul_f64(0.5 + fastrand::f64() / 2.0);
            if !again || attempt >= ATTEMPTS || Instant::now() + jittered >= deadline {
                return Err(self.channel.ask_again(failure).await);
            }
            tokio::time::sleep(jittered).await;
            wait *= 2;
            attempt += 1;
        }
    }

    async fn attempt(&self, path: PathAndQuery, request: Bytes, deadline: Instant) -> Result<Bytes, Failure> {
        let mut grpc = tonic::client::Grpc::new(Checked(self.channel.service()))
            .max_decoding_message_size(MAX_MESSAGE)
            .max_encoding_message_size(MAX_MESSAGE);
        // The channel is gone, not the connection: with the runtime that it was made in.
        grpc.ready().await.inspect_err(|_| self.channel.close())?;
        let mut request = tonic::Request::new(request);
        request.set_timeout(deadline.saturating_duration_since(Instant::now()) + GRACE);
        let answer = grpc.unary(request, path, Raw).await.map_err(Failure::of_status)?;
        Ok(answer.into_inner())
    }

    /// Asks for a service that only Flyte 2 has: whatever it says, other than that there is none, it is one.
    async fn is_flyte2(&self, deadline: Instant) -> bool {
        let path = PathAndQuery::from_static(method::FLYTE2_LIST_PROJECTS);
        match self.attempt(path, Bytes::new(), deadline).await {
            Ok(_) | Err(Failure::SignIn(_)) => true,
            Err(failure @ Failure::Status(_)) => !failure.is_unknown_service(),
            Err(_) => false,
        }
    }

    /// The failure for people, with where it happened.
    pub(crate) fn placed(&self, failure: Failure, action: &str) -> FlyteError {
        failure.into_error(self.channel.target()).during(action, &self.endpoint)
    }

    /// The error for an answer that is not the message that was to come.
    pub(crate) fn unreadable(&self, why: &dyn std::error::Error, action: &str) -> FlyteError {
        self.placed(Failure::NotGrpc(format!("its answer is not the message asked for ({why})")), action)
    }
}
