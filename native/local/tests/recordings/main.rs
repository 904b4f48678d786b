//! Replays what was recorded of a real FlyteAdmin against a server of this crate, and compares every answer.
//!
//! The recordings are in `test/fixtures/recordings`. Each intended difference is listed with its reason in
//! `differences.toml` beside this file: one that is not listed fails the test, and so does a listed one that is none.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of a test fail as a test does")]

mod call;
mod compare;
mod differences;
mod normal;
mod server;

use std::collections::BTreeMap;

use call::{Call, Client};
use compare::Protocol;
use differences::Listed;
use normal::{Recorded, Replayed, Values};

/// The files in the order in which they were recorded.
const FILES: [&str; 7] = [
    "1-projects",
    "2-registration",
    "3-lists",
    "4-launch-plans",
    "5-executions",
    "6-data-proxy",
    "7-auth-off",
];

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_flyteadmins() {
    let protocol = Protocol::new();
    let server = server::Running::start().await;
    let mut client = Client::connect(server.address).await;
    let mut values = Values::new(server.storage());
    let mut listed = Listed::read();
    let mut found = BTreeMap::new();
    let (mut compared, mut agreed) = (0, 0);
    for file in FILES {
        for call in Call::read(file) {
            let answer = client.send(&call).await;
            let recorded = protocol.tree(&call, call.outcome());
            let replayed = protocol.tree(&call, answer);
            values.learn_names(&recorded, &replayed);
            let mut recorded = values.normal::<Recorded>(recorded);
            let mut replayed = values.normal::<Replayed>(replayed);
            listed.sort(file, call.n, &mut recorded);
            listed.sort(file, call.n, &mut replayed);
            let paths = compare::differing(&recorded, &replayed);
            compared += 1;
            if paths.is_empty() {
                agreed += 1;
            } else {
                found.insert((file, call.n), (call.title(), paths));
            }
        }
    }
    server.stop().await;

    let unlisted = listed.strike(&found);
    let stale = listed.left();
    println!(
        "{compared} recorded calls compared, {agreed} agree, {} differ as listed:",
        found.len() - unlisted.len()
    );
    print!("{listed}");
    assert!(
        unlisted.is_empty() && stale.is_empty(),
        "{} calls differ in a way that differences.toml does not list:\n{}\n\
         {} listed differences are none:\n{}",
        unlisted.len(),
        unlisted.join("\n"),
        stale.len(),
        stale.join("\n")
    );
}

/// A recorded or replayed answer, as the tree that is compared.
type Tree = serde_json::Value;
