//! FlyteAdmin's compiler: from the template that is registered to the closure that runs, or the errors that keep it
//! from running, in the compiler's own words.

mod bindings;
mod branches;
mod errors;
mod graph;
mod interfaces;
mod nodes;
mod promises;
mod requirements;
mod schemas;
mod tasks;
#[cfg(test)]
mod tests;
pub mod types;
mod workflows;

pub use errors::Errors;
pub use requirements::requirements;
pub use tasks::task;
pub use workflows::workflow;

/// The node that stands for a workflow's inputs.
pub const START: &str = "start-node";
/// The node that stands for a workflow's outputs.
pub const END: &str = "end-node";
