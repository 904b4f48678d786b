//! Inputs: what a launch plan expects, given what its workflow takes, and what an execution gets, given that.

use crate::compile::types::{castable, literal_type, unknown_type};
use crate::failure::{Outcome, invalid};
use crate::idl::core::{
    Literal, LiteralMap, Parameter, ParameterMap, Variable, VariableMap, literal, parameter, primitive,
    scalar,
};
use crate::messages::text;

/// Each literal must hold something. `field` is what the error calls the map.
pub fn literals(map: Option<&LiteralMap>, field: &str) -> Outcome<()> {
    for (name, value) in map.iter().flat_map(|map| &map.literals) {
        if name.is_empty() {
            return Err(invalid(format!("missing key in {field}")));
        }
        if value.value.is_none() {
            return Err(invalid(format!("missing valid literal in {field} {name}")));
        }
        datetime(value)?;
    }
    Ok(())
}

/// Each parameter must have a type, and either a default of that type or be required.
pub fn parameters(map: Option<&ParameterMap>, field: &str) -> Outcome<()> {
    for (name, parameter) in map.iter().flat_map(|map| &map.parameters) {
        if name.is_empty() {
            return Err(invalid(format!("missing key in {field}")));
        }
        let Some(expected) = parameter.var.as_ref().and_then(|variable| variable.r#type.as_ref()) else {
            return Err(invalid(format!(
                "The Variable component of the Parameter {name} in {field} either is missing, or has a missing Type"
            )));
        };
        match &parameter.behavior {
            Some(parameter::Behavior::Required(true)) => {}
            Some(parameter::Behavior::Default(default)) => {
                let found = literal_type(default).ok_or_else(|| unknown_type(name))?;
                if !castable(&found, expected) {
                    return Err(invalid(format!(
                        "Type mismatch for Parameter {name} in {field} has type {}, expected {}",
                        text(expected),
                        text(&found)
                    )));
                }
                datetime(default)?;
            }
            Some(parameter::Behavior::ArtifactQuery(_) | parameter::Behavior::ArtifactId(_)) => {
                return Err(invalid(format!("artifact mode not enabled but query found {field} {name}")));
            }
            None | Some(parameter::Behavior::Required(false)) => {
                return Err(invalid(format!(
                    "Invalid variable {name} in {field} - variable has neither default, nor is required. \
                     One must be specified"
                )));
            }
        }
    }
    Ok(())
}

fn datetime(value: &Literal) -> Outcome<()> {
    let Some(literal::Value::Scalar(value)) = &value.value else { return Ok(()) };
    let Some(scalar::Value::Primitive(value)) = &value.value else { return Ok(()) };
    let Some(primitive::Value::Datetime(time)) = &value.value else { return Ok(()) };
    // The range that protobuf defines: years 1 to 9999.
    if !(-62_135_596_800..=253_402_300_799).contains(&time.seconds)
        || !(0..1_000_000_000).contains(&time.nanos)
    {
        return Err(invalid(format!("timestamp ({}:{}) is out of range", time.seconds, time.nanos)));
    }
    Ok(())
}

/// The inputs that executions of a launch plan can or must give: the workflow's, without those that are fixed, with
/// the plan's defaults.
pub fn expected(
    workflow: Option<&VariableMap>,
    fixed: Option<&LiteralMap>,
    defaults: Option<&ParameterMap>,
) -> Outcome<ParameterMap> {
    let empty = VariableMap::default();
    let workflow = &workflow.unwrap_or(&empty).variables;
    let no_defaults = ParameterMap::default();
    let defaults = &defaults.unwrap_or(&no_defaults).parameters;
    let no_fixed = LiteralMap::default();
    let fixed = &fixed.unwrap_or(&no_fixed).literals;

    if workflow.is_empty() {
        for (kind, count) in [("default", defaults.len()), ("fixed", fixed.len())] {
            if count > 0 {
                return Err(invalid(format!(
                    "invalid launch plan {kind} inputs, expected none but found {count}"
                )));
            }
        }
    }
    for (name, default) in sorted(defaults) {
        let taken = workflow.get(name).ok_or_else(|| invalid(format!("unexpected default_input {name}")))?;
        let given = default.var.clone().unwrap_or_default().r#type.unwrap_or_default();
        let taken = taken.r#type.clone().unwrap_or_default();
        if !castable(&given, &taken) {
            return Err(invalid(format!(
                "invalid default_input wrong type {name}, expected {}, got {} instead",
                text(&given),
                text(&taken)
            )));
        }
    }
    for (name, value) in sorted(fixed) {
        let taken = workflow.get(name).ok_or_else(|| invalid(format!("unexpected fixed_input {name}")))?;
        let found = literal_type(value).ok_or_else(|| unknown_type(name))?;
        let taken = taken.r#type.clone().unwrap_or_default();
        if !castable(&found, &taken) {
            return Err(invalid(format!(
                "invalid fixed_input wrong type {name}, expected {}, got {} instead",
                text(&taken),
                text(&found)
            )));
        }
    }
    let parameters = workflow
        .iter()
        .filter_map(|(name, variable)| match defaults.get(name) {
            Some(default) => Some((name.clone(), default.clone())),
            None if fixed.contains_key(name) => None,
            None => Some((name.clone(), required(variable))),
        })
        .collect();
    Ok(ParameterMap { parameters })
}

fn required(variable: &Variable) -> Parameter {
    let var = Variable {
        r#type: variable.r#type.clone(),
        description: variable.description.clone(),
        ..Default::default()
    };
    Parameter { var: Some(var), behavior: Some(parameter::Behavior::Required(true)) }
}

/// The inputs of an execution: those given, checked, then the defaults, then the fixed ones.
pub fn of_execution(
    given: Option<&LiteralMap>,
    fixed: Option<&LiteralMap>,
    expected: Option<&ParameterMap>,
) -> Outcome<LiteralMap> {
    let none = ParameterMap::default();
    let expected = &expected.unwrap_or(&none).parameters;
    let mut inputs = LiteralMap::default();
    for (name, value) in given.iter().flat_map(|given| sorted(&given.literals)) {
        if !expected.contains_key(name) {
            return Err(invalid(format!("invalid input {name}")));
        }
        inputs.literals.insert(name.clone(), value.clone());
    }
    for (name, parameter) in sorted(expected) {
        let Some(value) = inputs.literals.get(name) else {
            match &parameter.behavior {
                Some(parameter::Behavior::Required(true)) => {
                    return Err(invalid(format!("expected_inputs {name} missing")));
                }
                Some(parameter::Behavior::Default(default)) => {
                    inputs.literals.insert(name.clone(), default.clone());
                }
                _ => {}
            }
            continue;
        };
        let found = literal_type(value).ok_or_else(|| unknown_type(name))?;
        let wanted = parameter.var.clone().unwrap_or_default().r#type.unwrap_or_default();
        if !castable(&found, &wanted) {
            return Err(invalid(format!(
                "invalid {name} input wrong type. Expected {}, but got {}",
                text(&wanted),
                text(&found)
            )));
        }
    }
    for (name, value) in fixed.iter().flat_map(|fixed| sorted(&fixed.literals)) {
        if inputs.literals.insert(name.clone(), value.clone()).is_some() {
            return Err(invalid(format!("fixed_inputs {name} cannot be overridden")));
        }
    }
    Ok(inputs)
}

/// A map's entries by name, so that of several errors it is always the same one that is told.
fn sorted<T>(map: &std::collections::HashMap<String, T>) -> Vec<(&String, &T)> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by_key(|(name, _)| name.as_str());
    entries
}
