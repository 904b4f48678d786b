//! Selecting a page of rows by conditions and order.

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

use crate::failure::{Outcome, storage};
use crate::filters::{Condition, Order, Page, Table};

/// A list's SELECT in parts.
pub struct Listing<'a> {
    pub table: Table,
    pub columns: &'a str,
    pub conditions: Vec<Condition>,
    /// None sorts as `default_order` says: FlyteAdmin leaves it to the database, a page needs some order.
    pub order: Option<Order>,
    pub default_order: &'a str,
    pub page: Page,
}

impl Listing<'_> {
    /// The page's rows, each read by `read`.
    pub fn rows<T>(&self, connection: &Connection, read: fn(&Row) -> rusqlite::Result<T>) -> Outcome<Vec<T>> {
        let (sql, values) = self.statement();
        rows(connection, &sql, values, read)
    }

    /// How SQLite would go about it, a line per step.
    #[cfg(test)]
    pub fn plan(&self, connection: &Connection) -> Outcome<String> {
        let (sql, values) = self.statement();
        let steps =
            rows(connection, &format!("EXPLAIN QUERY PLAN {sql}"), values, |row| row.get::<_, String>(3))?;
        Ok(steps.join("\n"))
    }

    fn statement(&self) -> (String, Vec<Value>) {
        let table = self.table.sql_name();
        let mut sql = format!("SELECT {} FROM {table}", self.columns);
        for (joined, join) in joins(self.table) {
            if self.conditions.iter().any(|condition| joined.contains(&condition.table)) {
                sql.push(' ');
                sql.push_str(join);
            }
        }
        let values = push_conditions(&mut sql, &self.conditions, "WHERE");
        sql.push_str(" ORDER BY ");
        sql.push_str(self.order.as_ref().map_or(self.default_order, |order| &order.sql));
        push_page(&mut sql, self.page);
        (sql, values)
    }
}

/// Appends `WHERE a AND b` (or with another first word), and gives the values for its marks.
pub fn push_conditions(sql: &mut String, conditions: &[Condition], first: &str) -> Vec<Value> {
    let mut values = Vec::new();
    for (index, condition) in conditions.iter().enumerate() {
        sql.push_str(if index == 0 { " " } else { " AND " });
        if index == 0 {
            sql.push_str(first);
            sql.push(' ');
        }
        sql.push_str(&condition.sql);
        values.extend(condition.values.iter().cloned());
    }
    values
}

/// Appends LIMIT and OFFSET; a limit of 0 is none.
pub fn push_page(sql: &mut String, page: Page) {
    let limit = if page.limit == 0 { -1 } else { i64::from(page.limit) };
    sql.push_str(&format!(" LIMIT {limit} OFFSET {}", page.offset));
}

/// Runs a SELECT and reads all its rows.
pub fn rows<T>(
    connection: &Connection,
    sql: &str,
    values: Vec<Value>,
    read: fn(&Row) -> rusqlite::Result<T>,
) -> Outcome<Vec<T>> {
    let mut statement = connection.prepare_cached(sql).map_err(storage)?;
    let found = statement.query_map(params_from_iter(values), read).map_err(storage)?;
    found.collect::<rusqlite::Result<Vec<_>>>().map_err(storage)
}

/// How the tables that conditions may look at are joined to the one listed.
fn joins(table: Table) -> &'static [(&'static [Table], &'static str)] {
    match table {
        Table::Execution => &[
            (&[Table::LaunchPlan], "JOIN launch_plans ON executions.launch_plan_id = launch_plans.id"),
            (&[Table::Workflow], "JOIN workflows ON executions.workflow_id = workflows.id"),
            (&[Table::Task], "JOIN tasks ON executions.task_id = tasks.id"),
            (
                &[Table::AdminTag, Table::ExecutionTag],
                "JOIN execution_tags USING (execution_project, execution_domain, execution_name)",
            ),
        ],
        Table::LaunchPlan => {
            &[(&[Table::Workflow], "JOIN workflows ON launch_plans.workflow_id = workflows.id")]
        }
        Table::NodeExecution => &[(
            &[Table::Execution],
            "JOIN executions USING (execution_project, execution_domain, execution_name)",
        )],
        Table::TaskExecution => &[
            (&[Table::Task], "LEFT JOIN tasks USING (project, domain, name, version)"),
            (
                &[Table::NodeExecution],
                "JOIN node_executions USING (execution_project, execution_domain, execution_name, node_id)",
            ),
            (
                &[Table::Execution],
                "JOIN executions USING (execution_project, execution_domain, execution_name)",
            ),
        ],
        _ => &[],
    }
}
