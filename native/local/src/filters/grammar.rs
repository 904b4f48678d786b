use rusqlite::types::Value;

use super::columns::{Kind, Table};
use crate::failure::{Outcome, invalid, invalid_value};
use crate::times;

/// A filter turned into SQL: a condition with `?` for each of its values.
#[derive(Debug, PartialEq)]
pub struct Condition {
    /// The table whose column it looks at, which a list must join.
    pub table: Table,
    /// The column's name in SQL, without its table.
    pub column: &'static str,
    pub sql: String,
    pub values: Vec<Value>,
}

impl Condition {
    /// `table.column = value`.
    pub fn equals(table: Table, column: &'static str, value: impl Into<Value>) -> Self {
        Self { table, column, sql: format!("{}.{column} = ?", table.sql_name()), values: vec![value.into()] }
    }
}

/// What SQLite can be asked for in one statement: 32,766 values, patterns of 50,000 bytes, 1,000 nested conditions.
const LONGEST: usize = 48_000;
const MOST_EXPRESSIONS: usize = 500;

/// Reads the filters of a list of `primary`; none when the text is empty.
///
/// FlyteAdmin's rules: expressions are joined by `+` and have the form `function(field,value)`, values of a list are
/// joined by `;`, and nothing can be escaped. Errors are INVALID_ARGUMENT in FlyteAdmin's words, except that values
/// which do not fit their column are named here and not by the database.
pub fn parse(filters: &str, primary: Table) -> Outcome<Vec<Condition>> {
    if filters.is_empty() {
        return Ok(Vec::new());
    }
    let expressions = filters.split('+').count();
    if filters.len() > LONGEST || expressions > MOST_EXPRESSIONS {
        return Err(invalid(format!(
            "filters of {} bytes with {expressions} expressions: {LONGEST} bytes and {MOST_EXPRESSIONS} expressions \
             are the most",
            filters.len()
        )));
    }
    filters.split('+').map(|expression| condition(expression, primary)).collect()
}

fn condition(expression: &str, primary: Table) -> Outcome<Condition> {
    let (function, field, text) = split(expression).ok_or_else(|| invalid_value("filters"))?;
    let (table, field) = Table::PREFIXES
        .iter()
        .find_map(|(prefix, table)| field.strip_prefix(prefix).map(|field| (*table, field)))
        .unwrap_or((primary, field));
    if !primary.joins().contains(&table) {
        return Err(invalid(format!("'{}' entity is not allowed in filters", table.alias())));
    }
    let column = table
        .column(field)
        .ok_or_else(|| invalid(format!("'{}.{field}' is invalid filter", table.alias())))?;

    let name = match table {
        Table::AdminTag => "key",
        _ => column.name,
    };
    // What is said of a named entity is kept beside its versions, and only when something was said.
    let target = match (table, column.name) {
        (Table::NamedEntity | Table::NamedEntityMetadata, "state") => {
            "COALESCE(named_entity_metadata.state, 0)".to_owned()
        }
        (Table::NamedEntity, "description") => "COALESCE(named_entity_metadata.description, '')".to_owned(),
        _ => format!("{}.{name}", table.sql_name()),
    };

    let parts: Vec<&str> = text.split(';').collect();
    let values = |kind| parts.iter().map(|part| value(part, kind, field)).collect::<Outcome<Vec<_>>>();
    let listed = |operator: &str| -> Outcome<(String, Vec<Value>)> {
        let marks = vec!["?"; parts.len()].join(", ");
        Ok((format!("{target} {operator} ({marks})"), values(column.kind)?))
    };
    let single = |operator: &str| -> Outcome<(String, Vec<Value>)> {
        if parts.len() > 1 {
            return Err(invalid(format!(
                "filter function {function} takes one value, but got {}: '{text}'. Use value_in or value_not_in.",
                parts.len()
            )));
        }
        Ok((format!("{target} {operator} ?"), values(column.kind)?))
    };
    let (sql, values) = match function {
        "eq" => single("=")?,
        "ne" => single("<>")?,
        "gt" => single(">")?,
        "gte" => single(">=")?,
        "lt" => single("<")?,
        "lte" => single("<=")?,
        "contains" => (format!("{target} LIKE ?"), vec![Value::Text(format!("%{text}%"))]),
        "not_like" => (format!("{target} NOT LIKE ?"), vec![Value::Text(text.into())]),
        "value_in" => listed("IN")?,
        "value_not_in" => listed("NOT IN")?,
        other => return Err(invalid(format!("unrecognized filter function: {other}"))),
    };
    Ok(Condition { table, column: name, sql, values })
}

/// Takes `function(field,value)` apart as FlyteAdmin's pattern `(.+)\((.+),\s?(.+)\)` does: greedily, so that the last
/// parenthesis opens and the last comma parts, and with anything after the closing one ignored.
fn split(expression: &str) -> Option<(&str, &str, &str)> {
    let (inside, _) = expression.rsplit_once(')')?;
    // No part is empty: a comma right before the end is the value, a parenthesis right before the comma the field.
    let comma = inside.strip_suffix(',').unwrap_or(inside).rfind(',')?;
    let (head, value) = (&inside[..comma], &inside[comma + 1..]);
    let opening = head.strip_suffix('(').unwrap_or(head).rfind('(').filter(|opening| *opening > 0)?;
    let trimmed = value.strip_prefix(|c: char| c.is_ascii_whitespace()).filter(|rest| !rest.is_empty());
    Some((&head[..opening], &head[opening + 1..], trimmed.unwrap_or(value)))
}

fn value(text: &str, kind: Kind, field: &str) -> Outcome<Value> {
    match kind {
        Kind::Text => Ok(Value::Text(text.into())),
        Kind::Integer => text
            .parse()
            .map(Value::Integer)
            .map_err(|_| invalid(format!("'{text}' is not a whole number, as {field} needs"))),
        Kind::Time => times::parse_time(text)
            .map(Value::Integer)
            .ok_or_else(|| invalid(format!("Timestamp {text} must conform to RFC3339 Nano spec"))),
        Kind::Duration => times::parse_duration(text)
            .map(Value::Integer)
            .ok_or_else(|| invalid(format!("Failed to parse duration [{text}]"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(filter: &str, primary: Table) -> Condition {
        let mut parsed = parse(filter, primary).unwrap();
        assert_eq!(parsed.len(), 1);
        parsed.remove(0)
    }

    fn refused(filter: &str, primary: Table) -> String {
        parse(filter, primary).unwrap_err().message().to_owned()
    }

    #[test]
    fn a_filter_becomes_a_condition() {
        let condition = one("eq(version,v03)", Table::Task);
        assert_eq!(condition.sql, "tasks.version = ?");
        assert_eq!(condition.values, vec![Value::Text("v03".into())]);
    }

    #[test]
    fn filters_are_joined_by_plus_and_values_by_semicolon() {
        let parsed = parse("value_in(phase,FAILED;ABORTED)+gt(duration,1.5)", Table::Execution).unwrap();
        assert_eq!(parsed[0].sql, "executions.phase IN (?, ?)");
        assert_eq!(parsed[1].values, vec![Value::Integer(1_500_000_000)]);
    }

    #[test]
    fn one_space_after_the_comma_is_not_part_of_the_value() {
        assert_eq!(one("eq(version, v03)", Table::Task).values, vec![Value::Text("v03".into())]);
        assert_eq!(one("eq(version,  v03)", Table::Task).values, vec![Value::Text(" v03".into())]);
        assert_eq!(one("eq(version, )", Table::Task).values, vec![Value::Text(" ".into())]);
    }

    #[test]
    fn another_table_is_named_by_prefix() {
        let condition = one("contains(workflow.name,main)", Table::Execution);
        assert_eq!((condition.table, condition.sql.as_str()), (Table::Workflow, "workflows.name LIKE ?"));
        assert_eq!(refused("eq(workflow.name,a)", Table::Task), "'w' entity is not allowed in filters");
    }

    #[test]
    fn tags_by_their_older_name() {
        assert_eq!(one("eq(admin_tag.name,one)", Table::Execution).sql, "execution_tags.key = ?");
        assert_eq!(refused("eq(execution_tag.name,one)", Table::Execution), "'et.name' is invalid filter");
    }

    #[test]
    fn an_entity_that_nothing_is_said_of_is_active() {
        assert_eq!(
            one("eq(state,0)", Table::NamedEntity).sql,
            "COALESCE(named_entity_metadata.state, 0) = ?"
        );
    }

    #[test]
    fn errors_are_flyteadmins() {
        for broken in ["broken", "eq(", "eq(name)", "eq(name", "(name,a)", "+", "eq(name,a)+"] {
            assert_eq!(refused(broken, Table::Task), "invalid value for filters", "{broken}");
        }
        assert_eq!(refused("eq(nope,1)", Table::Task), "'t.nope' is invalid filter");
        assert_eq!(refused("zz(name,a)", Table::Task), "unrecognized filter function: zz");
        assert_eq!(refused("eq(name,a,b)", Table::Project), "'p.name,a' is invalid filter");
        assert_eq!(
            refused("eq(name,a)eq(name,b)", Table::Task),
            "unrecognized filter function: eq(name,a)eq"
        );
    }

    #[test]
    fn no_part_is_empty() {
        assert_eq!(split("eq(a,b)"), Some(("eq", "a", "b")));
        assert_eq!(split("eq(a, b) rest"), Some(("eq", "a", "b")));
        assert_eq!(split("f(a,b(c)"), Some(("f", "a", "b(c")));
        assert_eq!(split("eq(a,,)"), Some(("eq", "a", ",")));
        assert_eq!(split("eq((,b)"), Some(("eq", "(", "b")));
        assert_eq!(split("eq(a, )"), Some(("eq", "a", " ")));
        for broken in ["", "eq", "eq(a)", "eq(a,)", "eq(,b)", "(a,b)", "eq)a,b(", "eq(a,b", ",)", "(,)"] {
            assert_eq!(split(broken), None, "{broken}");
        }
    }

    #[test]
    fn more_than_the_database_can_take_is_refused() {
        let names = |count: usize| format!("value_in(name,{})", vec!["a"; count].join(";"));
        assert_eq!(one(&names(20_000), Table::Task).values.len(), 20_000);
        for long in [names(30_000), "(".repeat(1 << 20), vec!["eq(name,a)"; 501].join("+")] {
            let refused = refused(&long, Table::Task);
            assert!(refused.contains("48000 bytes and 500 expressions are the most"), "{refused}");
        }
    }

    #[test]
    fn values_must_fit_their_column() {
        assert!(refused("eq(state,ACTIVE)", Table::LaunchPlan).contains("not a whole number"));
        assert!(refused("gt(created_at,soon)", Table::Task).contains("RFC3339"));
        assert!(refused("gt(duration,soon)", Table::Execution).contains("Failed to parse duration"));
        assert!(refused("eq(name,a;b)", Table::Task).contains("takes one value"));
    }
}
