//! What the lists of tasks, workflows, launch plans and their descriptions have in common.

use crate::failure::Outcome;
use crate::filters::{self, Condition, Order, Page, Table};
use crate::idl::admin::{ResourceListRequest, Sort};
use crate::store::list::Listing;
use crate::validation;

/// How versions are sorted when the request does not say: by name, and those of a name by age. PostgreSQL's index gives
/// nearly this order to FlyteAdmin.
pub const BY_NAME: &[&str] = &["name", "created_at", "id"];

/// The list of `table` that a request asks for, with its `columns`. `list` is the RPC, which errors name.
pub fn versions<'a>(
    request: &ResourceListRequest,
    table: Table,
    columns: &'a str,
    list: &str,
) -> Outcome<Listing<'a>> {
    let scope = validation::resource_list(request)?;
    let mut conditions = vec![
        Condition::equals(table, "project", scope.project.clone()),
        Condition::equals(table, "domain", scope.domain.clone()),
    ];
    if !scope.name.is_empty() {
        conditions.push(Condition::equals(table, "name", scope.name.clone()));
    }
    conditions.extend(filters::parse(&request.filters, table)?);
    let order = filters::order(request.sort_by.as_ref(), table, BY_NAME)?;
    let page = page(request.limit, &request.token, list)?;
    Ok(Listing { table, columns, conditions, order, page })
}

/// The page that a request asks for.
pub fn page(limit: u32, token: &str, list: &str) -> Outcome<Page> {
    Ok(Page { limit, offset: filters::offset(token, list)? })
}

/// The order of a list of names, which can only be by what all versions of a name have in common.
pub fn name_order(sort: Option<&Sort>, table: Table) -> Outcome<Order> {
    match sort {
        Some(sort) if !matches!(sort.key.as_str(), "project" | "domain" | "name") => {
            Err(crate::failure::invalid(format!("invalid sort key '{}'", sort.key)))
        }
        _ => filters::order(sort, table, &["name"]),
    }
}
