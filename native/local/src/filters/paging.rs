use super::columns::Table;
use crate::failure::{Outcome, invalid};
use crate::idl::admin::{Sort, sort};

/// How a list is sorted.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// SQL after ORDER BY. The row's id comes last, so that pages neither repeat nor skip rows.
    pub sql: String,
}

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Page {
    /// Most rows, 0 for all.
    pub limit: u32,
    /// Rows left out before the first.
    pub offset: u64,
}

/// The order that a request asks for, none when it does not say.
pub fn order(sort: Option<&Sort>, table: Table) -> Outcome<Option<Order>> {
    let Some(sort) = sort else { return Ok(None) };
    let column =
        table.column(&sort.key).ok_or_else(|| invalid(format!("invalid sort key '{}'", sort.key)))?;
    let (direction, nulls) = match sort::Direction::try_from(sort.direction) {
        Ok(sort::Direction::Ascending) => ("ASC", "LAST"),
        Ok(sort::Direction::Descending) => ("DESC", "FIRST"),
        Err(_) => return Err(invalid(format!("invalid sort order specified: {}", sort.direction))),
    };
    let table_name = table.sql_name();
    let target = match (table, column.name) {
        (Table::NamedEntity, "state") => "COALESCE(named_entity_metadata.state, 0)".to_owned(),
        (Table::NamedEntity, "description") => "COALESCE(named_entity_metadata.description, '')".to_owned(),
        // All rows of such a list have the same type, so any constant column sorts alike.
        (Table::NamedEntity, "resource_type") => "entities.project".to_owned(),
        _ => format!("{table_name}.{}", column.name),
    };
    // Only where it matters, because SQLite cannot use an index for it.
    let nulls = if column.nullable { format!(" NULLS {nulls}") } else { String::new() };
    let last = if table == Table::NamedEntity { "entities.name".into() } else { format!("{table_name}.id") };
    Ok(Some(Order { sql: format!("{target} {direction}{nulls}, {last} {direction}") }))
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
        let by_time = order(Some(&sort("created_at", 0)), Table::Execution).unwrap().unwrap();
        assert_eq!(by_time.sql, "executions.created_at DESC, executions.id DESC");
        let by_start = order(Some(&sort("started_at", 1)), Table::Execution).unwrap().unwrap();
        assert_eq!(by_start.sql, "executions.started_at ASC NULLS LAST, executions.id ASC");
        let refused = order(Some(&sort("id; drop table tasks", 1)), Table::Task).unwrap_err();
        assert_eq!(refused.message(), "invalid sort key 'id; drop table tasks'");
        assert!(order(Some(&sort("created_at", 1)), Table::NamedEntity).is_err());
        assert_eq!(order(None, Table::Task).unwrap(), None);
    }
}
