//! Executions: launched, listed, terminated, archived. What advances them are events, see `workflow_events`.

use rusqlite::Transaction;

use crate::admin::{events, launch};
use crate::failure::Outcome;
use crate::filters::{self, Condition, Page, Table};
use crate::idl::admin::{
    AbortMetadata, ExecutionCreateRequest, ExecutionCreateResponse, ExecutionStateChangeDetails,
    ExecutionTerminateRequest, ExecutionTerminateResponse, ExecutionUpdateRequest, ExecutionUpdateResponse,
    ResourceListRequest, WorkflowExecutionGetRequest, execution_closure::OutputResult,
};
use crate::idl::core::workflow_execution::Phase;
use crate::serve::Flyte;
use crate::store::executions;
use crate::store::list::{self, Listing};
use crate::{times, validation};

/// Launches an execution of a launch plan or of a single task.
pub fn create(flyte: &Flyte, request: ExecutionCreateRequest) -> Outcome<ExecutionCreateResponse> {
    let id = flyte.store.write(|transaction| launch::launch(transaction, request, None))?;
    flyte.created(id.clone());
    Ok(ExecutionCreateResponse { id: Some(id) })
}

/// An execution, with its error message whole.
pub fn get(flyte: &Flyte, request: WorkflowExecutionGetRequest) -> Outcome<Vec<u8>> {
    let id = validation::execution_id(request.id.as_ref())?;
    flyte.store.read(|connection| executions::get_message(connection, id))
}

/// A page of executions, oldest first unless the request sorts, with error messages cut. Archived ones are left out
/// unless a filter names the state.
pub fn list(flyte: &Flyte, request: ResourceListRequest) -> Outcome<Vec<u8>> {
    let listing = listing(&request)?;
    flyte.store.read(|view| listing.encoded(view, list::message))
}

fn listing(request: &ResourceListRequest) -> Outcome<Listing<'static>> {
    let id = validation::resource_list(request)?;
    let is = |column, value: &str| Condition::equals(Table::Execution, column, value.to_owned());
    let mut conditions = vec![is("execution_project", &id.project), is("execution_domain", &id.domain)];
    if !id.name.is_empty() {
        conditions.push(is("execution_name", &id.name));
    }
    conditions.extend(filters::parse(&request.filters, Table::Execution)?);
    let order = filters::order(request.sort_by.as_ref(), Table::Execution, &["created_at", "id"])?;
    let offset = filters::offset(&request.token, "ListExecutions")?;
    if !conditions.iter().any(|condition| condition.column == "state") {
        conditions.push(Condition::equals(Table::Execution, "state", 0));
    }
    Ok(Listing {
        table: Table::Execution,
        columns: executions::LISTED,
        conditions,
        order,
        page: Page { limit: request.limit, offset },
    })
}

/// Marks an execution as being aborted. It is aborted once an event says so.
pub fn terminate(flyte: &Flyte, request: ExecutionTerminateRequest) -> Outcome<ExecutionTerminateResponse> {
    flyte.store.write(|transaction| terminate_in(transaction, &request))?;
    flyte.changed(request.id.unwrap_or_default());
    Ok(ExecutionTerminateResponse {})
}

/// [`terminate`] as part of a larger change.
pub fn terminate_in(transaction: &Transaction, request: &ExecutionTerminateRequest) -> Outcome<()> {
    let mut stored = executions::get(transaction, validation::execution_id(request.id.as_ref())?)?;
    let closure = stored.message.closure.get_or_insert_default();
    let phase = closure.phase();
    if events::has_ended(phase) {
        let message = "Cannot abort an already terminated workflow execution".to_owned();
        return Err(events::already_ended(message, phase.as_str_name()));
    }
    closure.output_result = Some(OutputResult::AbortMetadata(AbortMetadata {
        cause: request.cause.clone(),
        principal: String::new(),
    }));
    closure.set_phase(Phase::Aborting);
    executions::update(transaction, &stored)
}

/// Archives an execution or brings it back.
pub fn update(flyte: &Flyte, request: ExecutionUpdateRequest) -> Outcome<ExecutionUpdateResponse> {
    let id = validation::execution_id(request.id.as_ref())?;
    flyte.store.write(|transaction| {
        let mut stored = executions::get(transaction, id)?;
        stored.message.closure.get_or_insert_default().state_change_details =
            Some(ExecutionStateChangeDetails {
                state: request.state,
                occurred_at: Some(times::timestamp(times::now())),
                principal: String::new(),
            });
        executions::update(transaction, &stored)
    })?;
    Ok(ExecutionUpdateResponse {})
}

#[cfg(test)]
mod tests {
    use rusqlite::types::Value;

    use super::listing;
    use crate::idl::admin::{NamedEntityIdentifier, ResourceListRequest, Sort, sort::Direction};
    use crate::store::Store;

    /// How SQLite would go about a list of executions, or about what is left of it behind a row with the key `behind`.
    fn plan(filters: &str, key: &str, direction: Direction, behind: Option<Vec<Value>>) -> String {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("flyte.db")).unwrap();
        let request = ResourceListRequest {
            id: Some(NamedEntityIdentifier { project: "p".into(), domain: "d".into(), ..Default::default() }),
            limit: 100,
            filters: filters.into(),
            sort_by: Some(Sort { key: key.into(), direction: direction as i32 }),
            ..Default::default()
        };
        let listing = listing(&request).unwrap();
        store.read(|connection| listing.plan(connection, behind)).unwrap()
    }

    #[test]
    fn pages_are_read_off_an_index_in_its_order() {
        for (filters, key, index) in [
            ("", "created_at", "executions_by_time"),
            ("eq(state,1)", "created_at", "executions_by_time"),
            ("eq(phase,FAILED)", "created_at", "executions_by_phase"),
            ("value_in(phase,FAILED;ABORTED)", "created_at", "executions_by_time"),
            ("eq(workflow.name,main)", "created_at", "executions_by_time"),
            ("eq(launch_plan.name,main)", "created_at", "executions_by_time"),
            ("contains(execution_name,a)", "created_at", "executions_by_time"),
            ("", "execution_name", "sqlite_autoindex_executions_1"),
        ] {
            for direction in [Direction::Ascending, Direction::Descending] {
                for behind in [None, Some(vec![Value::Integer(0), Value::Integer(0)])] {
                    let plan = plan(filters, key, direction, behind);
                    assert!(plan.contains(&format!("USING INDEX {index} ")), "{filters} by {key}: {plan}");
                    assert!(
                        !plan.contains("SCAN") && !plan.contains("TEMP B-TREE"),
                        "{filters} by {key}: {plan}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_page_begins_where_the_one_before_ended() {
        let behind = Some(vec![Value::Integer(0), Value::Integer(0)]);
        let plan = plan("", "created_at", Direction::Descending, behind);
        assert!(plan.contains("state=? AND created_at<?)"), "{plan}");
    }

    #[test]
    fn one_name_is_looked_up() {
        let plan = plan("eq(execution_name,a)", "created_at", Direction::Descending, None);
        assert!(plan.contains(
            "sqlite_autoindex_executions_1 (execution_project=? AND execution_domain=? AND execution_name=?)"
        ));
    }
}
