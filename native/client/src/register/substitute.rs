//! Puts the code bundle's address and destination into a serialised task.
//!
//! flytekit serialises `pyflyte-fast-execute --additional-distribution {{ .remote_package_path }} --dest-dir
//! {{ .dest_dir }} -- …` when it does not know them (`get_command_prefix_for_fast_execute` in its `tools/translator.py`),
//! as the arguments of the task's container or, for a task with a pod template, of a container in the pod's spec. Both
//! flytectl and flytekit replace arguments that are exactly these words, and so does this.

use prost::encoding::{WireType, encode_key, encode_varint};

use crate::wire::{Fields, WireError, WireValue};

const ADDRESS: &str = "{{ .remote_package_path }}";
const DESTINATION: &str = "{{ .dest_dir }}";

/// A step from a message into one of its fields, by flyteidl's numbers.
#[derive(Clone, Copy)]
enum Step {
    /// Into each value of this field.
    Field(u32),
    /// Into each entry with this key of a map that is field 1, as in `google.protobuf.Struct`.
    Entry(&'static str),
}

/// TaskSpec.template, TaskTemplate.container, Container.args.
const CONTAINER_ARGUMENTS: [Step; 3] = [Step::Field(1), Step::Field(6), Step::Field(3)];

/// TaskSpec.template, TaskTemplate.k8s_pod, K8sPod.pod_spec, and in that Struct `containers[*].args[*]`: an entry's
/// value is its field 2, Value.list_value 6, ListValue.values 1, Value.struct_value 5, Value.string_value 3.
const POD_ARGUMENTS: [Step; 13] = [
    Step::Field(1),
    Step::Field(17),
    Step::Field(2),
    Step::Entry("containers"),
    Step::Field(2),
    Step::Field(6),
    Step::Field(1),
    Step::Field(5),
    Step::Entry("args"),
    Step::Field(2),
    Step::Field(6),
    Step::Field(1),
    Step::Field(3),
];

/// The TaskSpec with both words replaced in its arguments. Everything else stays as it is on the wire, fields that
/// this flyteidl does not know included; `None` when the words do not occur.
///
/// # Errors
/// When `spec` is not a message.
pub(super) fn substitute(
    spec: &[u8],
    address: &str,
    destination: &str,
) -> Result<Option<Vec<u8>>, WireError> {
    // As flytekit's own `fast-register-files` does.
    let destination = if destination.is_empty() { "." } else { destination };
    replace(spec, &|argument| match argument {
        ADDRESS => Some(address),
        DESTINATION => Some(destination),
        _ => None,
    })
}

/// Whether the TaskSpec waits for a code bundle's address.
///
/// # Errors
/// When `spec` is not a message.
pub(super) fn needs_bundle(spec: &[u8]) -> Result<bool, WireError> {
    let replaced = replace(spec, &|argument| (argument == ADDRESS).then_some(""))?;
    Ok(replaced.is_some())
}

/// What an argument becomes; `None` when it stays.
type Replacement<'a> = dyn Fn(&str) -> Option<&'a str> + 'a;

fn replace(spec: &[u8], replacement: &Replacement<'_>) -> Result<Option<Vec<u8>>, WireError> {
    let container = along(spec, &CONTAINER_ARGUMENTS, replacement)?;
    let pod = along(container.as_deref().unwrap_or(spec), &POD_ARGUMENTS, replacement)?;
    Ok(pod.or(container))
}

/// The message with the texts at the end of `path` replaced, or `None` when none of them was.
fn along(message: &[u8], path: &[Step], replacement: &Replacement<'_>) -> Result<Option<Vec<u8>>, WireError> {
    let Some((step, rest)) = path.split_first() else {
        let text = std::str::from_utf8(message).map_err(|_| WireError::NotUtf8)?;
        return Ok(replacement(text).map(|text| text.as_bytes().to_vec()));
    };
    let mut changed = false;
    let mut copied = Vec::with_capacity(message.len() + 128);
    for field in Fields::new(message) {
        let (number, value) = field?;
        let replaced = match value {
            WireValue::Bytes(bytes) if leads_into(*step, number, bytes)? => along(bytes, rest, replacement)?,
            _ => None,
        };
        match &replaced {
            Some(bytes) => append(&mut copied, number, WireValue::Bytes(bytes)),
            None => append(&mut copied, number, value),
        }
        changed |= replaced.is_some();
    }
    Ok(changed.then_some(copied))
}

fn leads_into(step: Step, number: u32, bytes: &[u8]) -> Result<bool, WireError> {
    match step {
        Step::Field(wanted) => Ok(number == wanted),
        Step::Entry(wanted) if number == 1 => {
            for field in Fields::new(bytes) {
                if let (1, WireValue::Bytes(key)) = field? {
                    return Ok(key == wanted.as_bytes());
                }
            }
            Ok(false)
        }
        Step::Entry(_) => Ok(false),
    }
}

fn append(out: &mut Vec<u8>, number: u32, value: WireValue<'_>) {
    match value {
        WireValue::Varint(value) => {
            encode_key(number, WireType::Varint, out);
            encode_varint(value, out);
        }
        WireValue::Fixed64(value) => {
            encode_key(number, WireType::SixtyFourBit, out);
            out.extend_from_slice(&value.to_le_bytes());
        }
        WireValue::Bytes(bytes) => {
            encode_key(number, WireType::LengthDelimited, out);
            encode_varint(bytes.len() as u64, out);
            out.extend_from_slice(bytes);
        }
        WireValue::Fixed32(value) => {
            encode_key(number, WireType::ThirtyTwoBit, out);
            out.extend_from_slice(&value.to_le_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use flyte_idl::flyteidl::{
        admin::TaskSpec,
        core::{Container, K8sPod, KeyValuePair, TaskTemplate, task_template::Target},
    };
    use flyte_idl::google::protobuf::{ListValue, Struct, Value, value::Kind};
    use prost::Message;

    use super::*;

    const UNKNOWN_FIELD: [u8; 5] = [0xfa, 0xff, 0x01, 0x01, b'x'];

    fn spec(target: Target) -> TaskSpec {
        let template =
            TaskTemplate { r#type: "python-task".into(), target: Some(target), ..Default::default() };
        TaskSpec { template: Some(template), description: None }
    }

    fn arguments(address: &str, destination: &str) -> Vec<String> {
        let words =
            ["pyflyte-fast-execute", "--additional-distribution", address, "--dest-dir", destination, "--"];
        words.map(str::to_owned).to_vec()
    }

    fn container(address: &str, destination: &str) -> TaskSpec {
        spec(Target::Container(Container {
            image: "image:1".into(),
            args: arguments(address, destination),
            // Only arguments are looked at.
            env: vec![KeyValuePair { key: "A".into(), value: ADDRESS.into() }],
            ..Default::default()
        }))
    }

    fn text(text: &str) -> Value {
        Value { kind: Some(Kind::StringValue(text.into())) }
    }

    fn list(values: Vec<Value>) -> Value {
        Value { kind: Some(Kind::ListValue(ListValue { values })) }
    }

    fn structure(fields: Vec<(&str, Value)>) -> Struct {
        Struct { fields: fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect() }
    }

    fn pod(address: &str, destination: &str) -> TaskSpec {
        let words = arguments(address, destination).iter().map(|word| text(word)).collect();
        let primary = structure(vec![("args", list(words))]);
        let number = Value { kind: Some(Kind::NumberValue(1.5)) };
        let sidecar = structure(vec![("name", text(ADDRESS)), ("args", list(vec![text("run"), number]))]);
        let containers = [primary, sidecar].map(|one| Value { kind: Some(Kind::StructValue(one)) });
        spec(Target::K8sPod(K8sPod {
            pod_spec: Some(structure(vec![("containers", list(containers.into()))])),
            primary_container_name: "primary".into(),
            ..Default::default()
        }))
    }

    fn replaced(spec: &[u8]) -> Option<TaskSpec> {
        substitute(spec, "s3://bucket/fast.tar.gz", "/root")
            .unwrap()
            .map(|spec| TaskSpec::decode(&spec[..]).unwrap())
    }

    #[test]
    fn the_arguments_of_a_container_are_replaced() {
        let waiting = container(ADDRESS, DESTINATION).encode_to_vec();
        assert!(needs_bundle(&waiting).unwrap());
        assert_eq!(replaced(&waiting), Some(container("s3://bucket/fast.tar.gz", "/root")));
    }

    #[test]
    fn the_arguments_of_a_pods_containers_are_replaced() {
        let waiting = pod(ADDRESS, DESTINATION).encode_to_vec();
        assert!(needs_bundle(&waiting).unwrap());
        assert_eq!(replaced(&waiting), Some(pod("s3://bucket/fast.tar.gz", "/root")));
    }

    #[test]
    fn without_a_destination_it_is_the_working_directory() {
        let spec = container(ADDRESS, DESTINATION).encode_to_vec();
        let replaced = substitute(&spec, "s3://b", "").unwrap().unwrap();
        assert_eq!(TaskSpec::decode(&replaced[..]).unwrap(), container("s3://b", "."));
    }

    #[test]
    fn without_the_exact_words_nothing_is_touched() {
        for spec in
            [container("s3://b", "/root"), pod("s3://b", "/root"), container("{{.remote_package_path}}", "")]
        {
            let bytes = spec.encode_to_vec();
            assert!(!needs_bundle(&bytes).unwrap());
            assert_eq!(replaced(&bytes), None);
        }
        assert_eq!(replaced(&[]), None);
    }

    #[test]
    fn what_is_unknown_is_kept_at_every_level() {
        let mut container = Container { args: vec![ADDRESS.into()], ..Default::default() }.encode_to_vec();
        container.extend_from_slice(&UNKNOWN_FIELD);
        let mut template = Vec::new();
        append(&mut template, 6, WireValue::Bytes(&container));
        append(&mut template, 900, WireValue::Fixed64(7));
        append(&mut template, 901, WireValue::Fixed32(8));
        append(&mut template, 902, WireValue::Varint(u64::MAX));
        let mut spec = Vec::new();
        append(&mut spec, 1, WireValue::Bytes(&template));
        spec.extend_from_slice(&UNKNOWN_FIELD);

        let replaced = substitute(&spec, ADDRESS, DESTINATION).unwrap().unwrap();
        assert_eq!(replaced, spec, "replaced by itself, every byte is the same");
        let replaced = substitute(&spec, "x", DESTINATION).unwrap().unwrap();
        assert_eq!(replaced.len(), spec.len() - (ADDRESS.len() - 1));
        assert!(replaced.ends_with(&UNKNOWN_FIELD));
    }

    #[test]
    fn what_is_no_message_is_an_error() {
        assert_eq!(substitute(&[0x0a, 5, 1], "x", "y"), Err(WireError::Truncated));
    }
}
