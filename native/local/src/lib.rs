//! The embedded Flyte: FlyteAdmin's services for one machine, on loopback, with its data in SQLite in one directory.
//!
//! It answers as FlyteAdmin 1.16.8 does (codes, messages, paging, filters, defaults); `test/fixtures/recordings` hold
//! what a real one said, and the test `recordings` replays them.
//!
//! From the outside in: [`process`] is the command ([`cli`]) and what becomes of its process, [`serve`] a server of one
//! data directory, `http` tells gRPC calls from uploads and downloads on the one port, `rpc` turns a method's name into a
//! handler, `admin`, `data_proxy` and `signals` are the services, `validation` and `compile` what they check, `filters`
//! FlyteAdmin's list language, `store` SQLite, `seed` what a data directory can be filled with. `runner` runs what is
//! registered, when it is told which Python to run tasks with, and `schedules` launches what is scheduled meanwhile.

mod admin;
pub mod cli;
mod compile;
mod data_dir;
mod data_proxy;
mod failure;
mod filters;
mod http;
mod messages;
pub mod process;
mod rpc;
mod runner;
mod schedules;
mod seed;
pub mod serve;
mod signals;
mod store;
mod times;
mod validation;

/// The messages and enums used all over this crate, under short names.
mod idl {
    pub use flyte_idl::flyteidl::{admin, core, event, service};
    pub use flyte_idl::google::protobuf::{Duration, Timestamp};
}

/// The version of FlyteAdmin whose behaviour this server follows, as GetVersion reports it.
pub const FLYTEADMIN_VERSION: &str = "v1.16.8";
