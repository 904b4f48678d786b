use flyte_idl::flyteidl::admin::{
    NodeExecutionGetDataRequest, NodeExecutionGetRequest, WorkflowExecutionGetDataRequest,
};
use flyte_idl::flyteidl::core::VariableMap;

use super::{FlyteClient, in_time};
use crate::call::{CallOptions, method};
use crate::domain::{ExecutionData, ExecutionId, NodeExecutionId, Phase, ValueMap, ValueMapState};
use crate::error::FlyteError;
use crate::values::{ValueLimits, decode_literal_map};
use crate::wire::{Fields, WireError};
use crate::{requests, rows};

/// The fields of `WorkflowExecutionGetDataResponse` (`admin/execution.proto`): the URLs of inputs and outputs, then the
/// values of inputs and outputs.
const OF_EXECUTION: [u32; 4] = [2, 1, 3, 4];

/// The same of `NodeExecutionGetDataResponse` (`admin/node_execution.proto`).
const OF_NODE: [u32; 4] = [1, 2, 3, 4];

/// One literal map of an answer, as it came.
#[derive(Debug, Clone, Copy, Default)]
struct Part<'a> {
    /// Where the server says it is (`UrlBlob`: url 1, bytes 2).
    url: &'a str,
    bytes: u64,
    /// The `LiteralMap`; empty when the server withholds it for its size, says nothing, or there is nothing.
    map: &'a [u8],
}

/// What else is known of one literal map.
#[derive(Debug, Clone, Copy, Default)]
struct Known<'a> {
    /// What the entity declares; `None` when that is not known.
    declared: Option<&'a VariableMap>,
    /// Where it is by the execution's own account; empty when there is none.
    uri: &'a str,
    /// Whether it must have been written by now.
    written: bool,
}

impl FlyteClient {
    /// Inputs and outputs of an execution, decoded.
    ///
    /// # Errors
    /// Those of any call.
    pub async fn get_execution_data(
        &self,
        id: &ExecutionId,
        limits: &ValueLimits,
        options: &CallOptions,
    ) -> Result<ExecutionData, FlyteError> {
        let action = format!("get inputs and outputs of {id}");
        let request = WorkflowExecutionGetDataRequest { id: Some(requests::execution_id(id)) };
        let work = async {
            let (answer, known) = tokio::join!(
                self.caller().unary_raw(&method::GET_EXECUTION_DATA, &request, &action, options),
                async {
                    let execution = async { self.ran_execution(id, &action, options).await.ok() };
                    let ran = in_time(execution, options).await?;
                    let workflow = async { self.blueprint(&ran, &action, options).await.ok() };
                    let blueprint = in_time(workflow, options).await;
                    Some((ran, blueprint))
                },
            );
            let answer = answer?;
            let (ran, blueprint) = known.unzip();
            let ran = ran.unwrap_or_default();
            let interface =
                blueprint.as_ref().and_then(Option::as_deref).map(super::blueprint::Blueprint::interface);
            // An execution has its inputs from the start.
            let inputs =
                Known { declared: interface.map(|interface| &interface.inputs), uri: "", written: true };
            let outputs = Known {
                declared: interface.map(|interface| &interface.outputs),
                uri: &ran.outputs_uri,
                written: ran.row.phase == Phase::Succeeded,
            };
            data(&answer, OF_EXECUTION, inputs, outputs, limits)
                .map_err(|error| self.caller().unreadable(&error, &action))
        };
        self.caller().within(work, &action, options).await
    }

    /// Inputs and outputs of a node execution, decoded.
    ///
    /// # Errors
    /// Those of any call.
    pub async fn get_node_execution_data(
        &self,
        id: &NodeExecutionId,
        limits: &ValueLimits,
        options: &CallOptions,
    ) -> Result<ExecutionData, FlyteError> {
        let action = format!("get inputs and outputs of {id}");
        let request = NodeExecutionGetDataRequest { id: Some(requests::node_execution_id(id)) };
        let node_request = NodeExecutionGetRequest { id: Some(requests::node_execution_id(id)) };
        let caller = self.caller();
        let work = async {
            let node = async {
                let node = caller.unary_raw(&method::GET_NODE_EXECUTION, &node_request, &action, options);
                rows::node_execution(&node.await.ok()?).ok()
            };
            let (answer, node, blueprint) = tokio::join!(
                caller.unary_raw(&method::GET_NODE_EXECUTION_DATA, &request, &action, options),
                in_time(node, options),
                self.blueprint_of(&id.execution, &action, options),
            );
            let answer = answer?;
            let node = node.unwrap_or_default();
            let interface = blueprint.as_ref().and_then(|blueprint| blueprint.interface_of(&id.node_id));
            let inputs = Known {
                declared: interface.map(|interface| &interface.inputs),
                uri: &node.inputs_uri,
                written: !node.inputs_uri.is_empty(),
            };
            let outputs = Known {
                declared: interface.map(|interface| &interface.outputs),
                uri: &node.outputs_uri,
                written: node.row.phase == Phase::Succeeded && !node.outputs_uri.is_empty(),
            };
            data(&answer, OF_NODE, inputs, outputs, limits)
                .map_err(|error| caller.unreadable(&error, &action))
        };
        caller.within(work, &action, options).await
    }
}

fn data(
    answer: &[u8],
    [input_url, output_url, input_map, output_map]: [u32; 4],
    inputs: Known<'_>,
    outputs: Known<'_>,
    limits: &ValueLimits,
) -> Result<ExecutionData, WireError> {
    let (mut input, mut output) = (Part::default(), Part::default());
    for field in Fields::new(answer) {
        match field? {
            (number, blob) if number == input_url => url(blob.bytes()?, &mut input)?,
            (number, blob) if number == output_url => url(blob.bytes()?, &mut output)?,
            (number, map) if number == input_map => input.map = map.bytes()?,
            (number, map) if number == output_map => output.map = map.bytes()?,
            _ => {}
        }
    }
    Ok(ExecutionData {
        inputs: value_map(input, inputs, limits)?,
        outputs: value_map(output, outputs, limits)?,
    })
}

fn url<'a>(blob: &'a [u8], part: &mut Part<'a>) -> Result<(), WireError> {
    for field in Fields::new(blob) {
        match field? {
            (1, text) => part.url = text.text()?,
            (2, number) => part.bytes = number.varint()?,
            _ => {}
        }
    }
    Ok(())
}

/// FlyteAdmin leaves a map that is too large empty without a word. It is known by the size or the address that the server
/// gives, or else by there having to be values: something is declared, and was written.
fn value_map(part: Part<'_>, known: Known<'_>, limits: &ValueLimits) -> Result<ValueMap, WireError> {
    let uri = if part.url.is_empty() { known.uri } else { part.url }.to_owned();
    if !part.map.is_empty() {
        let values = decode_literal_map(part.map, known.declared, limits).map_err(|error| error.0)?;
        return Ok(ValueMap { state: ValueMapState::Inline, values, bytes: part.map.len() as u64, uri });
    }
    let declares_none = known.declared.is_some_and(|declared| declared.variables.is_empty());
    let declares_some = known.declared.is_some_and(|declared| !declared.variables.is_empty());
    let stored = part.bytes > 0 || !part.url.is_empty();
    let withheld = !declares_none && (stored || known.written && (declares_some || !known.uri.is_empty()));
    let state = if withheld { ValueMapState::TooLarge } else { ValueMapState::None };
    Ok(ValueMap { state, values: Vec::new(), bytes: part.bytes, uri })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use flyte_idl::flyteidl::{admin, core};
    use prost::Message;

    use super::*;

    fn declares(names: &[&str]) -> VariableMap {
        let variable = |name: &&str| ((*name).to_owned(), core::Variable::default());
        VariableMap { variables: names.iter().map(variable).collect() }
    }

    fn state(part: Part<'_>, known: Known<'_>) -> ValueMapState {
        value_map(part, known, &ValueLimits::unlimited()).unwrap().state
    }

    #[test]
    fn fields_are_those_of_each_answer() {
        let map = |name: &str| {
            Some(core::LiteralMap { literals: HashMap::from([(name.to_owned(), core::Literal::default())]) })
        };
        let blob = |url: &str| Some(admin::UrlBlob { url: url.to_owned(), bytes: 7 });
        #[allow(deprecated)] // The fields are flyteidl's, which old servers still fill.
        let of_execution = admin::WorkflowExecutionGetDataResponse {
            inputs: blob("in"),
            outputs: blob("out"),
            full_inputs: map("i"),
            full_outputs: map("o"),
        };
        #[allow(deprecated)]
        let of_node = admin::NodeExecutionGetDataResponse {
            inputs: blob("in"),
            outputs: blob("out"),
            full_inputs: map("i"),
            full_outputs: map("o"),
            ..Default::default()
        };
        for (answer, fields) in
            [(of_execution.encode_to_vec(), OF_EXECUTION), (of_node.encode_to_vec(), OF_NODE)]
        {
            let unlimited = ValueLimits::unlimited();
            let data = data(&answer, fields, Known::default(), Known::default(), &unlimited).unwrap();
            let summary = |map: &ValueMap| (map.uri.clone(), map.values[0].key.clone(), map.state);
            assert_eq!(summary(&data.inputs), ("in".into(), "i".into(), ValueMapState::Inline));
            assert_eq!(summary(&data.outputs), ("out".into(), "o".into(), ValueMapState::Inline));
        }
    }

    #[test]
    fn an_empty_map_is_too_large_when_there_must_be_values() {
        let (some, none) = (declares(&["o0"]), declares(&[]));
        let written = Known { declared: Some(&some), uri: "s3://b/o", written: true };
        assert_eq!(state(Part::default(), written), ValueMapState::TooLarge);
        assert_eq!(state(Part::default(), Known { declared: None, ..written }), ValueMapState::TooLarge);
        assert_eq!(state(Part::default(), Known { uri: "", ..written }), ValueMapState::TooLarge);
        assert_eq!(
            state(Part { url: "https://b/o", ..Part::default() }, Known::default()),
            ValueMapState::TooLarge
        );
        assert_eq!(state(Part::default(), Known { declared: Some(&none), ..written }), ValueMapState::None);
        assert_eq!(state(Part::default(), Known { written: false, ..written }), ValueMapState::None);
        assert_eq!(
            state(Part::default(), Known { declared: None, uri: "", written: true }),
            ValueMapState::None
        );
    }
}
