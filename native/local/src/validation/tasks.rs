use std::collections::HashMap;

use rusqlite::Connection;

use crate::failure::{Outcome, invalid, missing};
use crate::idl::admin::TaskCreateRequest;
use crate::idl::core::resources::{ResourceEntry, ResourceName};
use crate::idl::core::{Identifier, ResourceType, Resources, TaskTemplate, task_template};
use crate::messages::text;

/// Checks a task before it is created. The platform's own resource limits belong to a cluster, so there are none here;
/// a task's requests must stay within its own.
pub fn check(connection: &Connection, request: &TaskCreateRequest) -> Outcome<()> {
    let id = super::identifier(request.id.as_ref(), ResourceType::Task)?;
    super::project_and_domain(connection, &id.project, &id.domain)?;
    let template =
        request.spec.as_ref().and_then(|spec| spec.template.as_ref()).ok_or_else(|| missing("spec"))?;
    super::given(&template.r#type, "type")?;
    let metadata = template.metadata.as_ref().ok_or_else(|| missing("metadata"))?;
    if let Some(runtime) = &metadata.runtime {
        super::given(&runtime.version, "runtime version")?;
    }
    if template.interface.is_none() {
        return Err(missing("typed interface"));
    }
    target(template)
}

fn target(template: &TaskTemplate) -> Outcome<()> {
    match &template.target {
        Some(task_template::Target::Container(container)) => {
            super::given(&container.image, "image")?;
            let id = template.id.clone().unwrap_or_default();
            container.resources.as_ref().map_or(Ok(()), |resources| check_resources(&id, resources))
        }
        Some(task_template::Target::K8sPod(pod)) if pod.pod_spec.is_none() => Err(invalid(
            "invalid TaskSpecification, pod tasks should specify their target as a K8sPod with a defined pod spec",
        )),
        _ => Ok(()),
    }
}

fn check_resources(id: &Identifier, resources: &Resources) -> Outcome<()> {
    let requests = quantities(id, &resources.requests)?;
    let limits = quantities(id, &resources.limits)?;
    // In the order of the enum, so that the same task always gets the same error.
    for name in [ResourceName::Cpu, ResourceName::Gpu, ResourceName::Memory, ResourceName::EphemeralStorage] {
        let (Some((requested, requested_text)), Some((limit, limit_text))) =
            (requests.get(&name), limits.get(&name))
        else {
            continue;
        };
        if name == ResourceName::Gpu && requested != limit {
            return Err(invalid(format!(
                "For extended resource 'gpu' the default value must equal the limit value for task [{}]",
                text(id)
            )));
        }
        if requested > limit {
            return Err(invalid(format!(
                "Requested {} default [{requested_text}] is greater than the limit [{limit_text}]. \
                 Please fix your configuration",
                name.as_str_name()
            )));
        }
    }
    Ok(())
}

/// The whole units and the text of each resource.
fn quantities<'a>(
    id: &Identifier,
    entries: &'a [ResourceEntry],
) -> Outcome<HashMap<ResourceName, (i128, &'a str)>> {
    let mut found = HashMap::new();
    for entry in entries {
        let name = entry.name();
        if !matches!(
            name,
            ResourceName::Cpu | ResourceName::Gpu | ResourceName::Memory | ResourceName::EphemeralStorage
        ) {
            continue;
        }
        if found.contains_key(&name) {
            return Err(invalid(format!(
                "can't specify {} limit for task [{}] multiple times",
                name.as_str_name(),
                text(id)
            )));
        }
        let nanos = nano_units(&entry.value).ok_or_else(|| {
            invalid(format!(
                "Parsing of {} request failed for value {} - reason  quantities must match the regular expression \
                 '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'. Please follow K8s conventions for resources \
                 https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
                name.as_str_name(),
                entry.value
            ))
        })?;
        if name == ResourceName::Gpu && nanos % NANO != 0 {
            return Err(invalid(format!(
                "gpu for [{}] must be a whole number, got: {} instead",
                text(id),
                entry.value
            )));
        }
        // Kubernetes compares whole units, rounded up.
        found.insert(name, (nanos.div_euclid(NANO) + i128::from(nanos % NANO != 0), entry.value.as_str()));
    }
    Ok(found)
}

const NANO: i128 = 1_000_000_000;

/// A Kubernetes quantity such as `500m`, `1.5Gi` or `2e3`, in billionths of its unit.
pub fn nano_units(text: &str) -> Option<i128> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && !"+-.".contains(c)).unwrap_or(text.len());
    let (number, suffix) = text.split_at(digits);
    let scale: i128 = match suffix {
        "n" => 1,
        "u" => 1_000,
        "m" => 1_000_000,
        "" => NANO,
        "k" => NANO * 1_000,
        "M" => NANO * 1_000_000,
        "G" => NANO * NANO,
        "T" => NANO * NANO * 1_000,
        "P" => NANO * NANO * 1_000_000,
        "E" => NANO * NANO * NANO,
        "Ki" => NANO << 10,
        "Mi" => NANO << 20,
        "Gi" => NANO << 30,
        "Ti" => NANO << 40,
        "Pi" => NANO << 50,
        "Ei" => NANO << 60,
        _ => {
            let exponent: u32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            NANO.checked_mul(10_i128.checked_pow(exponent)?)?
        }
    };
    let (sign, number) = match number.strip_prefix('-') {
        Some(number) => (-1, number),
        None => (1, number.strip_prefix('+').unwrap_or(number)),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.len() > 18 {
        return None;
    }
    let parse = |digits: &str| if digits.is_empty() { Some(0) } else { digits.parse::<i128>().ok() };
    let part = parse(fraction)?.checked_mul(scale)? / 10_i128.pow(fraction.len() as u32);
    Some(sign * parse(whole)?.checked_mul(scale)?.checked_add(part)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_of_kubernetes() {
        assert_eq!(nano_units("1"), Some(NANO));
        assert_eq!(nano_units("500m"), Some(NANO / 2));
        assert_eq!(nano_units("1.5Gi"), Some((NANO << 30) + (NANO << 29)));
        assert_eq!(nano_units("2e3"), Some(2_000 * NANO));
        for bad in ["", "x", "1 Gi", "1.2.3", "Gi", "1GB"] {
            assert_eq!(nano_units(bad), None, "{bad}");
        }
    }
}
