//! How FlyteAdmin adds what an event says of a task to what earlier ones said.

use flyte_idl::google::protobuf::{Struct, value::Kind};

use crate::idl::core::task_execution::Phase;
use crate::idl::core::{CatalogCacheStatus, TaskLog};
use crate::idl::event::task_execution_metadata::InstanceClass;
use crate::idl::event::{ExternalResourceInfo, TaskExecutionMetadata};

/// New logs come first and replace those of the same address or name.
pub fn logs(known: &mut Vec<TaskLog>, told: Vec<TaskLog>) {
    if told.is_empty() {
        return;
    }
    let replaced = |log: &TaskLog| {
        told.iter().any(|new| new.uri == log.uri || !new.name.is_empty() && new.name == log.name)
    };
    let kept: Vec<TaskLog> = known.drain(..).filter(|log| !replaced(log)).collect();
    known.extend(told.into_iter().chain(kept));
}

/// Leaves out logs that are not to be shown in this phase.
pub fn hide_logs(logs: &mut Vec<TaskLog>, phase: Phase, has_ended: bool) {
    let is_pending = matches!(phase, Phase::Queued | Phase::Initializing);
    logs.retain(|log| !(has_ended && log.hide_once_finished) && (!is_pending || log.show_while_pending));
}

/// New fields replace those of the same name, structs field by field; a null removes.
pub fn custom_info(known: &mut Option<Struct>, told: Option<Struct>) {
    let Some(told) = told else { return };
    match known {
        Some(known) => patch(known, told),
        None => *known = Some(told),
    }
}

fn patch(known: &mut Struct, told: Struct) {
    for (name, value) in told.fields {
        match (known.fields.get_mut(&name).and_then(|value| value.kind.as_mut()), value.kind) {
            (_, Some(Kind::NullValue(_))) => {
                known.fields.remove(&name);
            }
            (Some(Kind::StructValue(known)), Some(Kind::StructValue(told))) => patch(known, told),
            (_, kind) => known.fields.entry(name).or_default().kind = kind,
        }
    }
}

/// What an event says of the parts of a task, such as the items of a map.
pub fn metadata(known: &mut Option<TaskExecutionMetadata>, told: Option<TaskExecutionMetadata>) {
    let Some(mut told) = told else { return };
    let Some(known) = known else {
        told.external_resources.sort_by_key(key);
        *known = Some(told);
        return;
    };
    if told.instance_class() != InstanceClass::Default {
        known.instance_class = told.instance_class;
    }
    if !told.generated_name.is_empty() {
        known.generated_name = told.generated_name;
    }
    if !told.plugin_identifier.is_empty() {
        known.plugin_identifier = told.plugin_identifier;
    }
    known.resource_pool_info = told.resource_pool_info;
    for resource in told.external_resources {
        match known.external_resources.binary_search_by_key(&key(&resource), key) {
            Ok(at) => external_resource(&mut known.external_resources[at], resource),
            Err(at) => known.external_resources.insert(at, resource),
        }
    }
}

/// What tells the parts of a task apart.
fn key(resource: &ExternalResourceInfo) -> (u32, u32) {
    (resource.index, resource.retry_attempt)
}

fn external_resource(known: &mut ExternalResourceInfo, told: ExternalResourceInfo) {
    if told.cache_status() != CatalogCacheStatus::CacheDisabled {
        known.cache_status = told.cache_status;
    }
    if !told.external_id.is_empty() {
        known.external_id = told.external_id;
    }
    known.phase = told.phase;
    logs(&mut known.logs, told.logs);
    if told.custom_info.is_some() {
        known.custom_info = told.custom_info;
    }
}

#[cfg(test)]
mod tests {
    use flyte_idl::google::protobuf::Value;

    use super::*;

    fn log(uri: &str, name: &str) -> TaskLog {
        TaskLog { uri: uri.into(), name: name.into(), ..Default::default() }
    }

    #[test]
    fn logs_of_the_same_address_or_name_are_replaced() {
        let mut known = vec![log("1", "pod"), log("2", "web"), log("3", "")];
        logs(&mut known, vec![log("4", "pod"), log("2", "")]);
        assert_eq!(known, vec![log("4", "pod"), log("2", ""), log("3", "")]);
        logs(&mut known, vec![]);
        assert_eq!(known.len(), 3);
    }

    #[test]
    fn logs_are_hidden_by_phase() {
        let hidden = TaskLog { hide_once_finished: true, ..log("1", "") };
        let early = TaskLog { show_while_pending: true, ..log("2", "") };
        let of = |phase, has_ended| {
            let mut logs = vec![hidden.clone(), early.clone()];
            hide_logs(&mut logs, phase, has_ended);
            logs
        };
        assert_eq!(of(Phase::Running, false), vec![hidden.clone(), early.clone()]);
        assert_eq!(of(Phase::Queued, false), vec![early.clone()]);
        assert_eq!(of(Phase::Succeeded, true), vec![early.clone()]);
    }

    #[test]
    fn custom_info_is_patched() {
        let text = |text: &str| Value { kind: Some(Kind::StringValue(text.into())) };
        let of = |fields: Vec<(&str, Value)>| Struct {
            fields: fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        };
        let nested = |fields| Value { kind: Some(Kind::StructValue(of(fields))) };
        let mut known =
            Some(of(vec![("a", text("1")), ("b", nested(vec![("c", text("2"))])), ("d", text("3"))]));
        let null = Value { kind: Some(Kind::NullValue(0)) };
        custom_info(&mut known, Some(of(vec![("d", null), ("b", nested(vec![("e", text("4"))]))])));
        let expected = of(vec![("a", text("1")), ("b", nested(vec![("c", text("2")), ("e", text("4"))]))]);
        assert_eq!(known, Some(expected));
    }

    #[test]
    fn parts_are_kept_in_order() {
        let part = |index, retry_attempt, phase: Phase| ExternalResourceInfo {
            index,
            retry_attempt,
            phase: phase as i32,
            ..Default::default()
        };
        let of =
            |external_resources| Some(TaskExecutionMetadata { external_resources, ..Default::default() });
        let mut known = None;
        metadata(&mut known, of(vec![part(1, 0, Phase::Running), part(0, 0, Phase::Failed)]));
        metadata(&mut known, of(vec![part(0, 1, Phase::Running), part(1, 0, Phase::Succeeded)]));
        let expected =
            of(vec![part(0, 0, Phase::Failed), part(0, 1, Phase::Running), part(1, 0, Phase::Succeeded)]);
        assert_eq!(known, expected);
    }
}
