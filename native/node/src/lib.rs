//! The addon: [`flyte_client`] for Node.
//!
//! A layer that only translates. Every remote method gives a promise that tokio's threads settle, takes a [`call::Call`]
//! by which it is cancelled, and rejects with an `Error` that carries what a `FlyteError` holds. Lists and values cross
//! as [`pack::Packed`], because thousands of small objects made one property at a time would block the event loop.
//! `src/flyte` in the repository is the other half.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod call;
mod client;
mod failure;
mod input;
mod names;
mod output;
mod pack;
mod progress;
mod runtime;
