//! The client against real servers on loopback: connections, calls and lists.

// Clippy allows these in test functions but not in what they share.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod calls;
mod connection;
mod lists;
mod support;
