//! Interfaces in one line: `(a: integer, b: string) -> (o0: float)`. Field numbers: `core/interface.proto`.

use std::fmt::Write as _;

use flyte_idl::flyteidl::core::LiteralType;
use prost::Message;

use crate::values::{natural, type_name};
use crate::wire::{Fields, WireError, WireValue};

/// The inputs and outputs of an interface, each as `name: type` and sorted by name, because maps have no order.
#[derive(Default)]
pub(super) struct Signature<'a> {
    inputs: Vec<(&'a str, String)>,
    outputs: Vec<(&'a str, String)>,
}

impl<'a> Signature<'a> {
    /// `TypedInterface`: inputs 1, outputs 2.
    pub(super) fn interface(&mut self, value: WireValue<'a>) -> Result<(), WireError> {
        for field in Fields::new(value.bytes()?) {
            match field? {
                (1, map) => variables(map, &mut self.inputs)?,
                (2, map) => variables(map, &mut self.outputs)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// `ParameterMap`: parameters 1, each a `Parameter` with its variable in 1.
    pub(super) fn parameters(&mut self, value: WireValue<'a>) -> Result<(), WireError> {
        for_entries(value, |name, parameter| {
            let variable = part(parameter, 1)?.unwrap_or_default();
            self.inputs.push((name, variable_type(variable)?));
            Ok(())
        })
    }

    /// `VariableMap`, of the outputs.
    pub(super) fn outputs(&mut self, value: WireValue<'a>) -> Result<(), WireError> {
        variables(value, &mut self.outputs)
    }

    /// The line.
    pub(super) fn line(self) -> String {
        let mut line = String::new();
        side(&mut line, self.inputs);
        line.push_str(" -> ");
        side(&mut line, self.outputs);
        line
    }
}

fn side(line: &mut String, mut variables: Vec<(&str, String)>) {
    variables.sort_by(|(left, _), (right, _)| natural(left, right));
    line.push('(');
    for (index, (name, of_type)) in variables.into_iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        // Writing to a String cannot fail.
        let _ = write!(line, "{comma}{name}: {of_type}");
    }
    line.push(')');
}

/// `VariableMap`: variables 1.
fn variables<'a>(value: WireValue<'a>, into: &mut Vec<(&'a str, String)>) -> Result<(), WireError> {
    for_entries(value, |name, variable| {
        into.push((name, variable_type(variable)?));
        Ok(())
    })
}

/// `Variable`: its type 1.
fn variable_type(variable: &[u8]) -> Result<String, WireError> {
    let of_type = part(variable, 1)?.unwrap_or_default();
    LiteralType::decode(of_type).map(|of_type| type_name(&of_type)).map_err(|_| WireError::Malformed)
}

/// Walks the entries of the map in field 1 of a message: key 1, value 2.
fn for_entries<'a>(
    value: WireValue<'a>,
    mut entry: impl FnMut(&'a str, &'a [u8]) -> Result<(), WireError>,
) -> Result<(), WireError> {
    for field in Fields::new(value.bytes()?) {
        if let (1, pair) = field? {
            let pair = pair.bytes()?;
            let key = part(pair, 1)?.unwrap_or_default();
            entry(
                std::str::from_utf8(key).map_err(|_| WireError::NotUtf8)?,
                part(pair, 2)?.unwrap_or_default(),
            )?;
        }
    }
    Ok(())
}

/// The last field of this number.
fn part(message: &[u8], number: u32) -> Result<Option<&[u8]>, WireError> {
    let mut found = None;
    for field in Fields::new(message) {
        let (field, value) = field?;
        if field == number {
            found = Some(value.bytes()?);
        }
    }
    Ok(found)
}
