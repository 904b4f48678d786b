use rusqlite::types::Value;

use super::columns::Table;
use super::grammar::Condition;
use crate::failure::{Outcome, invalid};
use crate::idl::admin::{Sort, sort};

/// How a list is sorted: by some columns, all in the same direction.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// In SQL. The row's id comes last, so that pages neither repeat nor skip rows.
    columns: Vec<String>,
    descending: bool,
    /// Whether the first column may be empty.
    nullable: bool,
}

impl Order {
    /// What comes after ORDER BY.
    pub fn sql(&self) -> String {
        let (direction, nulls) = if self.descending { ("DESC", "FIRST") } else { ("ASC", "LAST") };
        let mut columns: Vec<_> = self.columns.iter().map(|column| format!("{column} {direction}")).collect();
        // Only where it matters, because SQLite cannot use an index for it.
        if self.nullable
            && let Some(first) = columns.first_mut()
        {
            first.push_str(&format!(" NULLS {nulls}"));
        }
        columns.join(", ")
    }

    /// The columns, if a row can be told from those before it by them: nothing compares with an empty one.
    pub fn keys(&self) -> &[String] {
        if self.nullable { &[] } else { &self.columns }
    }

    /// The condition on the rows behind the one that has these values in [`keys`](Self::keys).
    pub fn behind(&self, table: Table, key: Vec<Value>) -> Condition {
        let comparison = if self.descending { "<" } else { ">" };
        let marks = vec!["?"; key.len()].join(", ");
        let sql = format!("({}) {comparison} ({marks})", self.columns.join(", "));
        Condition { table, column: "id", sql, values: key }
    }
}

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Page {
    /// Most rows, 0 for all.
    pub limit: u32,
    /// Rows left out before the first.
    pub offset: u64,
}

/// The order that a request asks for. FlyteAdmin leaves it to the database when it does not say, a page needs some
/// order: then the list goes up by the columns `usual`, which are never empty.
pub fn order(sort: Option<&Sort>, table: Table, usual: &[&str]) -> Outcome<Order> {
    let table_name = table.sql_name();
    let Some(sort) = sort else {
        let columns = usual.iter().map(|column| format!("{table_name}.{column}")).collect();
        return Ok(Order { columns, descending: false, nullable: false });
    };
    let column =
        table.column(&sort.key).ok_or_else(|| invalid(format!("invalid sort key '{}'", sort.key)))?;
    let descending = match sort::Direction::try_from(sort.direction) {
        Ok(direction) => direction == sort::Direction::Descending,
        Err(_) => return Err(invalid(format!("invalid sort order specified: {}", sort.direction))),
    };
    let target = match (table, column.name) {
        (Table::NamedEntity, "state") => "COALESCE(named_entity_metadata.state, 0)".to_owned(),
        (Table::NamedEntity, "description") => "COALESCE(named_entity_metadata.description, '')".to_owned(),
        // All rows of such a list have the same type, so any constant column sorts alike.
        (Table::NamedEntity, "resource_type") => "entities.project".to_owned(),
        _ => format!("{table_name}.{}", column.name),
    };
    let last = if table == Table::NamedEntity { "entities.name".into() } else { format!("{table_name}.id") };
    Ok(Order { columns: vec![target, last], descending, nullable: column.nullable })
}

/// The offset that a page token stands for. `list` is the RPC, which the error names.
pub fn offset(token: &str, list: &str) -> Outcome<u64> {
    if token.is_empty() {
        return Ok(0);
    }
    // FlyteAdmin reads a signed number and refuses a negative one, so a plus sign is fine.
    token
        .parse::<i64>()
        .ok()
        .and_then(|offset| u64::try_from(offset).ok())
        .ok_or_else(|| invalid(format!("invalid pagination token {token} for {list}")))
}

/// The token after a page of `rows` rows: a full page has one, even when it is the last.
pub fn next_token(page: Page, rows: usize) -> String {
    if rows > 0 && rows as u64 == u64::from(page.limit) {
        (page.offset + rows as u64).to_string()
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_offsets() {
        assert_eq!(offset("", "ListTasks").unwrap(), 0);
        assert_eq!(offset("30", "ListTasks").unwrap(), 30);
        for token in ["abc", "-1", "1.5", "99999999999999999999", " 1"] {
            let error = offset(token, "ListTasks").unwrap_err();
            assert_eq!(error.message(), format!("invalid pagination token {token} for ListTasks"));
        }
    }

    #[test]
    fn a_full_page_has_a_token() {
        assert_eq!(next_token(Page { limit: 3, offset: 6 }, 3), "9");
        assert_eq!(next_token(Page { limit: 3, offset: 6 }, 2), "");
        assert_eq!(next_token(Page { limit: 3, offset: 6 }, 0), "");
        assert_eq!(next_token(Page { limit: 0, offset: 0 }, 5), "");
    }

    #[test]
    fn sort_keys_are_columns() {
        let sort = |key: &str, direction| Sort { key: key.into(), direction };
        let by = |key: &str, direction, table| order(Some(&sort(key, direction)), table, &["id"]);
        let by_time = by("created_at", 0, Table::Execution).unwrap();
        assert_eq!(by_time.sql(), "executions.created_at DESC, executions.id DESC");
        assert_eq!(by_time.keys(), ["executions.created_at", "executions.id"]);
        let behind = by_time.behind(Table::Execution, vec![Value::Integer(5), Value::Integer(7)]);
        assert_eq!(behind.sql, "(executions.created_at, executions.id) < (?, ?)");
        let by_start = by("started_at", 1, Table::Execution).unwrap();
        assert_eq!(by_start.sql(), "executions.started_at ASC NULLS LAST, executions.id ASC");
        assert!(by_start.keys().is_empty());
        let refused = by("id; drop table tasks", 1, Table::Task).unwrap_err();
        assert_eq!(refused.message(), "invalid sort key 'id; drop table tasks'");
        assert!(by("created_at", 1, Table::NamedEntity).is_err());
        let usual = order(None, Table::Task, &["name", "id"]).unwrap();
        assert_eq!(usual.sql(), "tasks.name ASC, tasks.id ASC");
        let behind = usual.behind(Table::Task, vec![Value::Text("a".into()), Value::Integer(7)]);
        assert_eq!(behind.sql, "(tasks.name, tasks.id) > (?, ?)");
    }
}
