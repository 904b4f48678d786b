//! The tables, and how a database of an older release becomes one of this.

use rusqlite::Connection;

/// One script per version of the schema, in order. A released script never changes; a change is a new script.
///
/// Columns carry FlyteAdmin's names, because its filters and sort keys name them. Times and durations are nanoseconds.
/// `message` columns hold the message that a get answers with, ready to send.
const MIGRATIONS: [&str; 1] = [r"
CREATE TABLE settings (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

CREATE TABLE objects (uri TEXT PRIMARY KEY, data BLOB NOT NULL);

CREATE TABLE projects (
  id INTEGER PRIMARY KEY, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, deleted_at INTEGER,
  identifier TEXT NOT NULL UNIQUE, name TEXT NOT NULL, description TEXT NOT NULL, labels BLOB,
  state INTEGER NOT NULL
);

CREATE TABLE tasks (
  id INTEGER PRIMARY KEY, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, deleted_at INTEGER,
  project TEXT NOT NULL, domain TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL,
  type TEXT NOT NULL, short_description TEXT NOT NULL, message BLOB NOT NULL,
  UNIQUE (project, domain, name, version)
);
CREATE INDEX tasks_by_time ON tasks (project, domain, name, created_at);

CREATE TABLE workflows (
  id INTEGER PRIMARY KEY, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, deleted_at INTEGER,
  project TEXT NOT NULL, domain TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL,
  short_description TEXT NOT NULL, list_message BLOB NOT NULL, message BLOB NOT NULL,
  UNIQUE (project, domain, name, version)
);
CREATE INDEX workflows_by_time ON workflows (project, domain, name, created_at);

CREATE TABLE launch_plans (
  id INTEGER PRIMARY KEY, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, deleted_at INTEGER,
  project TEXT NOT NULL, domain TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL,
  workflow_id INTEGER NOT NULL REFERENCES workflows (id), state INTEGER NOT NULL,
  schedule_type TEXT NOT NULL, launch_condition_type TEXT, spec BLOB NOT NULL, closure BLOB NOT NULL,
  UNIQUE (project, domain, name, version)
);
CREATE INDEX launch_plans_by_time ON launch_plans (project, domain, name, created_at);
CREATE INDEX launch_plans_by_state ON launch_plans (project, domain, state, name);

-- Most launch plans have no schedule.
CREATE INDEX launch_plans_by_schedule ON launch_plans (state) WHERE schedule_type <> 'NONE';

CREATE TABLE schedule_firings (
  launch_plan_id INTEGER PRIMARY KEY REFERENCES launch_plans (id), fired_at INTEGER NOT NULL
);

CREATE TABLE description_entities (
  id INTEGER PRIMARY KEY, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, deleted_at INTEGER,
  resource_type INTEGER NOT NULL, project TEXT NOT NULL, domain TEXT NOT NULL, name TEXT NOT NULL,
  version TEXT NOT NULL, short_description TEXT NOT NULL, message BLOB NOT NULL,
  UNIQUE (resource_type, project, domain, name, version)
);

CREATE TABLE named_entity_metadata (
  id INTEGER PRIMARY KEY, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, deleted_at INTEGER,
  resource_type INTEGER NOT NULL, project TEXT NOT NULL, domain TEXT NOT NULL, name TEXT NOT NULL,
  description TEXT NOT NULL, state INTEGER NOT NULL,
  UNIQUE (resource_type, project, domain, name)
);

CREATE TABLE matchable_attributes (
  id INTEGER PRIMARY KEY, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, deleted_at INTEGER,
  project TEXT NOT NULL, domain TEXT NOT NULL, workflow TEXT NOT NULL, resource_type TEXT NOT NULL,
  priority INTEGER NOT NULL, attributes BLOB NOT NULL,
  UNIQUE (project, domain, workflow, resource_type)
);

CREATE TABLE executions (
  id INTEGER PRIMARY KEY, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, deleted_at INTEGER,
  execution_project TEXT NOT NULL, execution_domain TEXT NOT NULL, execution_name TEXT NOT NULL,
  launch_plan_id INTEGER, workflow_id INTEGER NOT NULL, task_id INTEGER,
  phase TEXT NOT NULL, started_at INTEGER, execution_created_at INTEGER NOT NULL,
  execution_updated_at INTEGER NOT NULL, duration INTEGER NOT NULL, abort_cause TEXT NOT NULL, mode INTEGER NOT NULL,
  source_execution_id INTEGER NOT NULL, parent_node_execution_id INTEGER NOT NULL, cluster TEXT NOT NULL,
  inputs_uri TEXT NOT NULL, user_inputs_uri TEXT NOT NULL, error_kind TEXT, error_code TEXT, user TEXT NOT NULL,
  state INTEGER NOT NULL, launch_entity TEXT NOT NULL,
  list_message BLOB, message BLOB NOT NULL,
  UNIQUE (execution_project, execution_domain, execution_name)
);
-- Lists are read off this in its order. What comes after the id lets filters skip rows without reading them.
CREATE INDEX executions_by_time ON executions (execution_project, execution_domain, state, created_at, id, phase,
                                               workflow_id, launch_plan_id);
CREATE INDEX executions_by_phase ON executions (execution_project, execution_domain, state, phase, created_at);
CREATE INDEX executions_unfinished ON executions (id)
  WHERE phase IN ('UNDEFINED', 'QUEUED', 'RUNNING', 'SUCCEEDING', 'FAILING', 'ABORTING');
CREATE INDEX executions_by_workflow ON executions (workflow_id, created_at);
CREATE INDEX executions_by_launch_plan ON executions (launch_plan_id, created_at);
CREATE INDEX executions_by_task ON executions (task_id, created_at);

CREATE TABLE execution_tags (
  id INTEGER PRIMARY KEY, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, deleted_at INTEGER,
  execution_project TEXT NOT NULL, execution_domain TEXT NOT NULL, execution_name TEXT NOT NULL,
  key TEXT NOT NULL, value TEXT NOT NULL,
  UNIQUE (execution_project, execution_domain, execution_name, key, value)
);
CREATE INDEX execution_tags_by_key ON execution_tags (key, value);

CREATE TABLE node_executions (
  id INTEGER PRIMARY KEY, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, deleted_at INTEGER,
  execution_project TEXT NOT NULL, execution_domain TEXT NOT NULL, execution_name TEXT NOT NULL,
  node_id TEXT NOT NULL, phase TEXT NOT NULL, input_uri TEXT NOT NULL, started_at INTEGER,
  node_execution_created_at INTEGER NOT NULL, node_execution_updated_at INTEGER NOT NULL, duration INTEGER NOT NULL,
  parent_id INTEGER, parent_task_execution_id INTEGER, error_kind TEXT, error_code TEXT, cache_status TEXT,
  dynamic_workflow BLOB, message BLOB NOT NULL,
  UNIQUE (execution_project, execution_domain, execution_name, node_id)
);
CREATE INDEX node_executions_by_parent ON node_executions (parent_id);
CREATE INDEX node_executions_by_parent_task ON node_executions (parent_task_execution_id);

CREATE TABLE task_executions (
  id INTEGER PRIMARY KEY, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, deleted_at INTEGER,
  project TEXT NOT NULL, domain TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL,
  execution_project TEXT NOT NULL, execution_domain TEXT NOT NULL, execution_name TEXT NOT NULL,
  node_id TEXT NOT NULL, retry_attempt INTEGER NOT NULL, phase TEXT NOT NULL, phase_version INTEGER NOT NULL,
  input_uri TEXT NOT NULL, started_at INTEGER, task_execution_created_at INTEGER NOT NULL,
  task_execution_updated_at INTEGER NOT NULL, duration INTEGER NOT NULL, message BLOB NOT NULL,
  UNIQUE (execution_project, execution_domain, execution_name, node_id, project, domain, name, version,
          retry_attempt)
);

CREATE TABLE signals (
  id INTEGER PRIMARY KEY, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, deleted_at INTEGER,
  execution_project TEXT NOT NULL, execution_domain TEXT NOT NULL, execution_name TEXT NOT NULL,
  signal_id TEXT NOT NULL, message BLOB NOT NULL,
  UNIQUE (execution_project, execution_domain, execution_name, signal_id)
);
"];

/// The newest version of the schema that this release knows.
pub const VERSION: usize = MIGRATIONS.len();

/// Brings the database up to [`VERSION`] in one transaction. Gives the version found when it is newer than that.
pub fn migrate(connection: &mut Connection) -> rusqlite::Result<Result<(), usize>> {
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let found = found as usize;
    if found > VERSION {
        return Ok(Err(found));
    }
    if found < VERSION {
        let transaction = connection.transaction()?;
        for script in &MIGRATIONS[found..] {
            transaction.execute_batch(script)?;
        }
        transaction.pragma_update(None, "user_version", VERSION as u32)?;
        transaction.commit()?;
    }
    Ok(Ok(()))
}
