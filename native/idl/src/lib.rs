//! Flyte's protocol as Rust types: all messages and services of flyteidl, generated at build time.
//!
//! Modules mirror the protobuf packages: `flyteidl.admin.Execution` is [`flyteidl::admin::Execution`], and the
//! well-known types are in [`google::protobuf`]. Nothing here is written by hand, so a new flyteidl release is a
//! version bump in `package.json`.

#![allow(missing_docs, clippy::all)]

include!(concat!(env!("OUT_DIR"), "/flyte.rs"));

/// The compiled `google.protobuf.FileDescriptorSet` of all flyteidl files and what they import.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/flyteidl.bin"));
