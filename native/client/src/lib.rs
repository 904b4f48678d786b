//! The Flyte runtime.
