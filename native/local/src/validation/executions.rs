use rusqlite::Connection;

use super::{inputs, labels};
use crate::failure::{Outcome, invalid, missing};
use crate::idl::admin::{ExecutionCreateRequest, ExecutionSpec};
use crate::idl::core::ResourceType;

/// The longest name of an execution.
const LONGEST_NAME: usize = 63;

/// Checks a request for an execution, and gives its spec.
pub fn check<'a>(connection: &Connection, request: &'a ExecutionCreateRequest) -> Outcome<&'a ExecutionSpec> {
    super::given(&request.project, "project")?;
    super::given(&request.domain, "domain")?;
    if !request.name.is_empty() {
        name(&request.name)?;
    }
    super::project_and_domain(connection, &request.project, &request.domain)?;
    let spec = request.spec.as_ref().ok_or_else(|| missing("spec"))?;
    let launched = super::identifier_fields(spec.launch_plan.as_ref())?;
    if !matches!(launched.resource_type(), ResourceType::LaunchPlan | ResourceType::Task) {
        return Err(invalid(format!(
            "Invalid reference entity resource type [{}], only [map[LAUNCH_PLAN:<nil> TASK:<nil>]] allowed",
            launched.resource_type().as_str_name()
        )));
    }
    inputs::literals(request.inputs.as_ref(), "inputs")?;
    labels::check(spec.labels.as_ref())?;
    Ok(spec)
}

/// FlyteAdmin checks the name in lower case, so that capitals pass, and keeps it as it was written.
fn name(name: &str) -> Outcome<()> {
    let lowered = name.to_lowercase();
    if lowered.len() > LONGEST_NAME {
        return Err(invalid(format!("size of name exceeded length {LONGEST_NAME} : {lowered}")));
    }
    let mut characters = lowered.chars();
    let fine = characters.next().is_some_and(|first| first.is_ascii_lowercase())
        && characters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !fine {
        return Err(invalid(format!(
            "invalid name format: {lowered}, does not match regex '^[a-z][a-z\\-0-9]*$'"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn names() {
        for fine in ["a", "rec-a", "Upper", "dash-", &"n".repeat(63)] {
            assert!(name(fine).is_ok(), "{fine}");
        }
        for bad in ["9digits", "has_underscore", "ümlaut", "-a", &"n".repeat(64)] {
            assert!(name(bad).is_err(), "{bad}");
        }
    }
}
