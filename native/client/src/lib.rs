//! The Flyte runtime: everything that is Flyte's protocol, for any host language.
//!
//! [`FlyteClient`] is one connection to one Flyte. Its methods are async, cost nothing before they are called, have a
//! deadline and can be cancelled ([`CallOptions`]), give plain data ([`domain`]) and fail with a [`FlyteError`].
//! Lists come as compact rows decoded straight from the wire, literals as one tree of values ([`values`]).
//!
//! All of it runs inside a tokio runtime with its I/O and time drivers enabled.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod call;
mod channel;
mod client;
pub mod domain;
mod error;
mod graph;
mod register;
mod requests;
mod rows;
pub mod values;
pub mod wire;

pub use call::CallOptions;
pub use channel::ConnectionConfig;
pub use client::FlyteClient;
pub use error::{FailureReason, FlyteError, GrpcCode};
