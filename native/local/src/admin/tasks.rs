//! Tasks: registered once per version, compared when registered again.

use tonic::Status;

use super::{descriptions, listing, versions};
use crate::compile;
use crate::failure::{Outcome, invalid};
use crate::filters::Table;
use crate::idl::admin::{
    NamedEntityIdentifierList, NamedEntityIdentifierListRequest, ObjectGetRequest, ResourceListRequest, Task,
    TaskClosure, TaskCreateRequest, TaskCreateResponse,
};
use crate::idl::core::CompiledTask;
use crate::serve::Flyte;
use crate::store::{entities, list};
use crate::times;
use crate::validation;

/// Registers a task. The same again is ALREADY_EXISTS, another one under the same id INVALID_ARGUMENT with what
/// differs.
pub fn create(flyte: &Flyte, request: TaskCreateRequest) -> Outcome<TaskCreateResponse> {
    flyte.store.write(|transaction| {
        validation::tasks::check(transaction, &request)?;
        let id = request.id.unwrap_or_default();
        let spec = request.spec.unwrap_or_default();
        let mut template = spec.template.unwrap_or_default();
        template.id = Some(id.clone());
        compile::task(&template)
            .map_err(|errors| invalid(format!("task failed compilation with {errors}")))?;
        let compiled = CompiledTask { template: Some(template) };

        if let Some(existing) = versions::existing(entities::task(transaction, &id))? {
            let closure = existing.message.closure.unwrap_or_default();
            let known = closure.compiled_task.unwrap_or_default();
            return Err(if known == compiled {
                Status::already_exists("task with identical structure already exists")
            } else {
                versions::different("task", &id, &known, &compiled)
            });
        }
        let created = times::now();
        let task = Task {
            id: Some(id.clone()),
            closure: Some(TaskClosure {
                compiled_task: Some(compiled),
                created_at: Some(times::timestamp(created)),
            }),
            short_description: descriptions::keep(transaction, &id, spec.description)?,
        };
        entities::insert_task(transaction, &id, &task, created)?;
        Ok(TaskCreateResponse {})
    })
}

/// The task of an id, encoded. FlyteAdmin does not check the id here.
pub fn get(flyte: &Flyte, request: ObjectGetRequest) -> Outcome<Vec<u8>> {
    let id = request.id.unwrap_or_default();
    flyte.store.read(|connection| entities::task_bytes(connection, &id))
}

/// A page of versions, encoded.
pub fn list(flyte: &Flyte, request: ResourceListRequest) -> Outcome<Vec<u8>> {
    let listing = listing::versions(&request, Table::Task, "tasks.message", "ListTasks")?;
    flyte.store.read(|view| listing.encoded(view, list::message))
}

/// A page of names.
pub fn ids(flyte: &Flyte, request: NamedEntityIdentifierListRequest) -> Outcome<NamedEntityIdentifierList> {
    versions::names(flyte, &request, Table::Task, "ListUniqueTaskIdentifiers")
}
