//! Waiting for the end of an execution.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use crate::idl::core::WorkflowExecutionIdentifier;

/// Those who wait, by the execution that they wait for.
#[derive(Default)]
pub struct Endings(Mutex<HashMap<WorkflowExecutionIdentifier, Arc<Notify>>>);

impl Endings {
    /// What is notified when an execution has ended. Ask for this before looking whether it has.
    pub fn of(&self, id: &WorkflowExecutionIdentifier) -> Arc<Notify> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(waiting.entry(id.clone()).or_default())
    }

    /// Tells those who wait for it that an execution has ended.
    pub fn tell(&self, id: &WorkflowExecutionIdentifier) {
        let told = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
        if let Some(told) = told {
            told.notify_waiters();
        }
    }
}
