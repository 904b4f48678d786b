//! How handlers tell the engine that there is something to do.

use std::sync::OnceLock;

use tokio::sync::mpsc::UnboundedSender;

use crate::idl::core::WorkflowExecutionIdentifier;
use crate::serve::Flyte;

/// What the engine is told.
#[derive(Debug)]
pub enum Wake {
    /// There is a new execution.
    Created(WorkflowExecutionIdentifier),
    /// An execution was told to end, or got a signal.
    Changed(WorkflowExecutionIdentifier),
}

/// The way to the engine, which may be off.
#[derive(Default)]
pub struct Wakes(OnceLock<UnboundedSender<Wake>>);

impl Wakes {
    /// From now on there is an engine.
    pub fn turn_on(&self, wakes: UnboundedSender<Wake>) {
        if self.0.set(wakes).is_err() {
            tracing::error!("a second engine was started");
        }
    }

    fn send(&self, wake: Wake) {
        if let Some(wakes) = self.0.get() {
            // An engine that has stopped finds what there is to do at its next start.
            _ = wakes.send(wake);
        }
    }
}

impl Flyte {
    /// Has a new execution run. To be called when it is stored.
    pub fn created(&self, id: WorkflowExecutionIdentifier) {
        self.wakes.send(Wake::Created(id));
    }

    /// Has the engine look at an execution again.
    pub fn changed(&self, id: WorkflowExecutionIdentifier) {
        self.wakes.send(Wake::Changed(id));
    }
}
