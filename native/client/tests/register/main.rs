//! Registration against a Flyte in this process: gRPC over real sockets, entities and the store in memory, with
//! FlyteAdmin's rules for what needs what and its words for what it refuses.

// clippy.toml allows both in tests, but does not take the helpers of an integration test for one.
#![allow(clippy::unwrap_used, clippy::panic)]

mod cancel;
mod failures;
mod flyte;
mod order;
mod plan;
mod recorded;
mod store;
mod upload;

use std::sync::{Arc, Mutex};

use flyte_client::domain::{
    RegistrationProgress, RegistrationReport, RegistrationResult, RegistrationStatus,
};
use flyte_client::{CallOptions, ConnectionConfig, FlyteClient, FlyteError};

use flyte::Flyte;
use plan::Planned;

fn client(flyte: &Flyte) -> FlyteClient {
    FlyteClient::new(ConnectionConfig {
        endpoint: flyte.endpoint.clone(),
        insecure: true,
        ..Default::default()
    })
    .unwrap()
}

/// What a registration told on its way.
#[derive(Default, Clone)]
struct Told(Arc<Mutex<Vec<RegistrationProgress>>>);

impl Told {
    fn all(&self) -> Vec<RegistrationProgress> {
        self.0.lock().unwrap().clone()
    }
}

async fn register(flyte: &Flyte, planned: &Planned) -> Result<RegistrationReport, FlyteError> {
    register_with(flyte, planned, &Told::default(), &CallOptions::default()).await
}

async fn register_with(
    flyte: &Flyte,
    planned: &Planned,
    told: &Told,
    options: &CallOptions,
) -> Result<RegistrationReport, FlyteError> {
    let into = Arc::clone(&told.0);
    let on_progress = move |progress| into.lock().unwrap().push(progress);
    client(flyte).register(&planned.plan, &on_progress, options).await
}

fn result<'a>(report: &'a RegistrationReport, name: &str) -> &'a RegistrationResult {
    report.results.iter().find(|result| result.id.entity.to_string() == name).unwrap()
}

fn statuses(report: &RegistrationReport) -> Vec<(String, RegistrationStatus)> {
    report.results.iter().map(|result| (result.id.entity.to_string(), result.status)).collect()
}
