//! Selecting a page of rows by conditions and order.

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

use super::View;
use super::bookmarks::{Bookmark, List};
use crate::failure::{Outcome, storage};
use crate::filters::{self, Condition, Order, Page, Table};
use crate::messages::RawList;

/// A list's SELECT in parts.
pub struct Listing<'a> {
    pub table: Table,
    pub columns: &'a str,
    pub conditions: Vec<Condition>,
    pub order: Order,
    pub page: Page,
}

impl Listing<'_> {
    /// The page's rows, each read by `read`.
    pub fn rows<T>(&self, connection: &Connection, read: fn(&Row) -> rusqlite::Result<T>) -> Outcome<Vec<T>> {
        let (mut sql, mut values) = self.select(self.columns, None);
        push_page(&mut sql, &mut values, self.page);
        rows(connection, &sql, values, read)
    }

    /// The page as the bytes of its list message: `entry` appends the message of a row.
    pub fn encoded(&self, view: &View, entry: fn(&Row, &mut RawList) -> Outcome<()>) -> Outcome<Vec<u8>> {
        // A row that is joined to several others is listed several times, so there is no going on behind it.
        let keys = if self.joins().next().is_none() { self.order.keys() } else { &[] };
        let columns = [self.columns].into_iter().chain(keys.iter().map(String::as_str));
        let columns = columns.collect::<Vec<_>>().join(", ");
        let (mut sql, mut values) = self.select(&columns, None);
        let state = if keys.is_empty() { None } else { view.state()? };
        let list = state.map(|state| List { state, sql: sql.clone(), values: values.clone() });

        let mut rest = self.page;
        if let Some((offset, key)) = list.as_ref().and_then(|list| view.bookmarks().find(list, rest.offset)) {
            (sql, values) = self.select(&columns, Some(&self.order.behind(self.table, key)));
            rest.offset -= offset;
        }
        push_page(&mut sql, &mut values, rest);

        let mut statement = view.prepare_cached(&sql).map_err(storage)?;
        let all_columns = statement.column_count();
        let mut rows = statement.query(params_from_iter(values)).map_err(storage)?;
        let mut encoded = RawList::new(self.page.limit);
        while let Some(row) = rows.next().map_err(storage)? {
            entry(row, &mut encoded)?;
            if let Some(list) = &list
                && encoded.len() == self.page.limit as usize
            {
                let key = (all_columns - keys.len()..all_columns).map(|column| row.get(column));
                let key = key.collect::<rusqlite::Result<_>>().map_err(storage)?;
                let offset = self.page.offset + u64::from(self.page.limit);
                view.bookmarks().put(Bookmark { list: list.clone(), offset, key });
            }
        }
        let token = filters::next_token(self.page, encoded.len());
        Ok(encoded.with_token(&token))
    }

    /// How SQLite would go about the page, or about the rest of the list behind `key`, a line per step.
    #[cfg(test)]
    pub fn plan(&self, connection: &Connection, key: Option<Vec<Value>>) -> Outcome<String> {
        let behind = key.map(|key| self.order.behind(self.table, key));
        let (mut sql, mut values) = self.select(self.columns, behind.as_ref());
        push_page(&mut sql, &mut values, self.page);
        let steps =
            rows(connection, &format!("EXPLAIN QUERY PLAN {sql}"), values, |row| row.get::<_, String>(3))?;
        Ok(steps.join("\n"))
    }

    /// The tables that conditions look at besides the one listed.
    fn joins(&self) -> impl Iterator<Item = &'static str> {
        let needed =
            |tables: &[Table]| self.conditions.iter().any(|condition| tables.contains(&condition.table));
        joins(self.table).iter().filter(move |(tables, _)| needed(tables)).map(|(_, join)| *join)
    }

    /// The SELECT of `columns` from the whole list, or from what is left of it by a condition more.
    fn select(&self, columns: &str, condition: Option<&Condition>) -> (String, Vec<Value>) {
        let mut sql = format!("SELECT {columns} FROM {}", self.table.sql_name());
        for join in self.joins() {
            sql.push(' ');
            sql.push_str(join);
        }
        let values = push_conditions(&mut sql, self.conditions.iter().chain(condition), "WHERE");
        sql.push_str(" ORDER BY ");
        sql.push_str(&self.order.sql());
        (sql, values)
    }
}

/// Appends the message that a row's first column holds.
pub fn message(row: &Row, list: &mut RawList) -> Outcome<()> {
    let message = row.get_ref(0).and_then(|value| Ok(value.as_blob()?)).map_err(storage)?;
    list.push(message);
    Ok(())
}

/// Appends `WHERE a AND b` (or with another first word), and gives the values for its marks.
pub fn push_conditions<'a>(
    sql: &mut String,
    conditions: impl IntoIterator<Item = &'a Condition>,
    first: &str,
) -> Vec<Value> {
    let mut values = Vec::new();
    for (index, condition) in conditions.into_iter().enumerate() {
        let word = if index == 0 { first } else { "AND" };
        sql.push_str(&format!(" {word} {}", condition.sql));
        values.extend(condition.values.iter().cloned());
    }
    values
}

/// Appends LIMIT and OFFSET with their values, so that all pages of a list have the same SQL; a limit of 0 is none.
pub fn push_page(sql: &mut String, values: &mut Vec<Value>, page: Page) {
    sql.push_str(" LIMIT ? OFFSET ?");
    let limit = if page.limit == 0 { -1 } else { i64::from(page.limit) };
    values.extend([limit, i64::try_from(page.offset).unwrap_or(i64::MAX)].map(Value::Integer));
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

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;
    use crate::idl::admin::{Sort, Task, TaskList, sort::Direction};
    use crate::idl::core::Identifier;
    use crate::store::{Store, entities};

    fn add(store: &Store, numbers: std::ops::Range<i64>) {
        let added = store.write(|transaction| {
            for number in numbers {
                let name = number.to_string();
                let id = Identifier {
                    project: "p".into(),
                    domain: "d".into(),
                    name: name.clone(),
                    ..Default::default()
                };
                let task = Task { short_description: name, ..Default::default() };
                // Several are made at the same time.
                entities::insert_task(transaction, &id, &task, number / 5)?;
            }
            Ok(())
        });
        added.unwrap();
    }

    /// The numbers on a page of the tasks by age, and its token.
    fn page(store: &Store, direction: Direction, limit: u32, offset: usize) -> (Vec<String>, String) {
        let sort = Sort { key: "created_at".into(), direction: direction as i32 };
        let listing = Listing {
            table: Table::Task,
            columns: "tasks.message",
            conditions: vec![Condition::equals(Table::Task, "project", "p".to_owned())],
            order: filters::order(Some(&sort), Table::Task, &[]).unwrap(),
            page: Page { limit, offset: offset as u64 },
        };
        let encoded = store.read(|view| listing.encoded(view, message)).unwrap();
        let list = TaskList::decode(encoded.as_slice()).unwrap();
        (list.tasks.into_iter().map(|task| task.short_description).collect(), list.token)
    }

    #[test]
    fn pages_are_what_their_offsets_say() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("flyte.db")).unwrap();
        add(&store, 0..40);
        for direction in [Direction::Descending, Direction::Ascending] {
            let (whole, _) = page(&store, direction, 1_000, 0);
            assert_eq!(whole.len(), 40);
            // The second time, and where sizes change, pages begin behind other pages' ends.
            for limit in [7, 7, 3, 10] {
                let mut offset = 0;
                while offset < 40 {
                    let end = 40.min(offset + limit);
                    let (numbers, token) = page(&store, direction, limit as u32, offset);
                    assert_eq!(numbers, whole[offset..end], "{limit} from {offset}");
                    assert_eq!(token, if end - offset == limit { end.to_string() } else { String::new() });
                    offset = end;
                }
            }
            assert_eq!(page(&store, direction, 7, 1_000), (vec![], String::new()));
        }
    }

    #[test]
    fn what_was_written_between_two_pages_counts() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("flyte.db")).unwrap();
        add(&store, 0..20);
        assert_eq!(page(&store, Direction::Descending, 3, 0).0, ["19", "18", "17"]);
        add(&store, 20..22);
        // As with FlyteAdmin, whose tokens are offsets, what is new moves the rest down.
        assert_eq!(page(&store, Direction::Descending, 3, 3).0, ["18", "17", "16"]);
    }

    #[test]
    fn a_page_leaves_a_bookmark() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("flyte.db")).unwrap();
        add(&store, 0..20);
        assert_eq!(page(&store, Direction::Ascending, 4, 4).0, ["4", "5", "6", "7"]);
        let sql = "SELECT tasks.message, tasks.created_at, tasks.id FROM tasks WHERE tasks.project = ? \
                   ORDER BY tasks.created_at ASC, tasks.id ASC";
        let state = store.read(|view| view.state()).unwrap().unwrap();
        let list = List { state, sql: sql.into(), values: vec![Value::Text("p".into())] };
        let last = vec![Value::Integer(1), Value::Integer(8)];
        assert_eq!(store.bookmarks.find(&list, 100), Some((8, last)));
        // A page that is not full has nothing behind it.
        assert_eq!(page(&store, Direction::Ascending, 4, 18).0, ["18", "19"]);
        assert_eq!(store.bookmarks.find(&list, 100).unwrap().0, 8);
    }
}
