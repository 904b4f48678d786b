//! What JavaScript hands in, in the shapes of `src/flyte/types.ts`.

use std::path::PathBuf;

use flyte_client::{ConnectionConfig, domain, values};
use napi::{Error, Result, Status};
use napi_derive::napi;

use crate::names::Named;

/// How to reach a server.
#[napi(object, object_to_js = false)]
pub struct ConnectionInput {
    pub endpoint: String,
    pub insecure: bool,
    pub ca_cert_file: Option<String>,
    pub insecure_skip_verify: Option<bool>,
}

impl From<ConnectionInput> for ConnectionConfig {
    fn from(input: ConnectionInput) -> Self {
        Self {
            endpoint: input.endpoint,
            insecure: input.insecure,
            ca_cert_file: input.ca_cert_file.map(PathBuf::from),
            insecure_skip_verify: input.insecure_skip_verify.unwrap_or_default(),
        }
    }
}

/// Where entities live.
#[napi(object, object_to_js = false)]
pub struct ScopeInput {
    pub org: Option<String>,
    pub project: String,
    pub domain: String,
}

impl From<ScopeInput> for domain::Scope {
    fn from(input: ScopeInput) -> Self {
        Self { org: input.org.unwrap_or_default(), project: input.project, domain: input.domain }
    }
}

/// A named entity.
#[napi(object, object_to_js = false)]
pub struct EntityNameInput {
    pub org: Option<String>,
    pub project: String,
    pub domain: String,
    #[napi(ts_type = "'task' | 'workflow' | 'launchPlan'")]
    pub kind: String,
    pub name: String,
}

impl TryFrom<EntityNameInput> for domain::EntityName {
    type Error = Error;

    fn try_from(input: EntityNameInput) -> Result<Self> {
        Ok(Self {
            scope: ScopeInput { org: input.org, project: input.project, domain: input.domain }.into(),
            kind: named(&input.kind)?,
            name: input.name,
        })
    }
}

/// One version of an entity.
#[napi(object)]
pub struct EntityId {
    pub org: Option<String>,
    pub project: String,
    pub domain: String,
    #[napi(ts_type = "'task' | 'workflow' | 'launchPlan'")]
    pub kind: String,
    pub name: String,
    pub version: String,
}

impl TryFrom<EntityId> for domain::EntityId {
    type Error = Error;

    fn try_from(EntityId { org, project, domain, kind, name, version }: EntityId) -> Result<Self> {
        Ok(Self { entity: EntityNameInput { org, project, domain, kind, name }.try_into()?, version })
    }
}

/// One execution.
#[napi(object, object_to_js = false)]
pub struct ExecutionIdInput {
    pub org: Option<String>,
    pub project: String,
    pub domain: String,
    pub name: String,
}

impl From<ExecutionIdInput> for domain::ExecutionId {
    fn from(input: ExecutionIdInput) -> Self {
        Self {
            scope: ScopeInput { org: input.org, project: input.project, domain: input.domain }.into(),
            name: input.name,
        }
    }
}

/// One node of an execution.
#[napi(object, object_to_js = false)]
pub struct NodeExecutionIdInput {
    pub execution: ExecutionIdInput,
    pub node_id: String,
}

impl From<NodeExecutionIdInput> for domain::NodeExecutionId {
    fn from(input: NodeExecutionIdInput) -> Self {
        Self { execution: input.execution.into(), node_id: input.node_id }
    }
}

/// Which part of a list is wanted.
#[napi(object, object_to_js = false)]
pub struct PageRequestInput {
    pub limit: f64,
    pub token: Option<String>,
}

impl From<PageRequestInput> for domain::PageRequest {
    fn from(input: PageRequestInput) -> Self {
        // What is no number of rows becomes 0, which is refused by name further down.
        Self { limit: input.limit as u32, token: input.token.unwrap_or_default() }
    }
}

/// Which executions are wanted.
#[napi(object, object_to_js = false)]
pub struct ExecutionFilterInput {
    pub entity: Option<EntityNameInput>,
    #[napi(ts_type = "ReadonlyArray<string>")]
    pub phases: Option<Vec<String>>,
}

impl TryFrom<ExecutionFilterInput> for domain::ExecutionFilter {
    type Error = Error;

    fn try_from(input: ExecutionFilterInput) -> Result<Self> {
        Ok(Self {
            entity: input.entity.map(TryInto::try_into).transpose()?,
            phases: input.phases.unwrap_or_default().iter().map(|name| named(name)).collect::<Result<_>>()?,
        })
    }
}

/// Where decoding stops.
#[napi(object, object_to_js = false)]
pub struct ValueLimitsInput {
    pub max_text: f64,
    pub max_items: f64,
    pub max_values: f64,
}

impl From<ValueLimitsInput> for values::ValueLimits {
    fn from(input: ValueLimitsInput) -> Self {
        Self {
            max_text: input.max_text as usize,
            max_items: input.max_items as usize,
            max_values: input.max_values as usize,
        }
    }
}

/// One serialised entity.
#[napi(object, object_to_js = false)]
pub struct RegistrationItemInput {
    pub id: EntityId,
    pub spec_file: String,
    pub activate: Option<bool>,
}

/// The user's code, packed.
#[napi(object, object_to_js = false)]
pub struct BundleInput {
    pub file: String,
    pub destination: String,
    pub address: Option<String>,
}

/// What to register.
#[napi(object, object_to_js = false)]
pub struct RegistrationPlanInput {
    pub scope: ScopeInput,
    pub version: String,
    #[napi(ts_type = "ReadonlyArray<RegistrationItemInput>")]
    pub items: Vec<RegistrationItemInput>,
    pub bundle: Option<BundleInput>,
}

impl TryFrom<RegistrationPlanInput> for domain::RegistrationPlan {
    type Error = Error;

    fn try_from(input: RegistrationPlanInput) -> Result<Self> {
        let item = |item: RegistrationItemInput| {
            Ok(domain::RegistrationItem {
                id: item.id.try_into()?,
                spec_file: item.spec_file.into(),
                activate: item.activate.unwrap_or_default(),
            })
        };
        Ok(Self {
            scope: input.scope.into(),
            version: input.version,
            items: input.items.into_iter().map(item).collect::<Result<_>>()?,
            bundle: input.bundle.map(|bundle| domain::Bundle {
                file: bundle.file.into(),
                destination: bundle.destination,
                address: bundle.address,
            }),
        })
    }
}

/// The value of this name, or an error that says which names there are.
pub(crate) fn named<Value: Named>(name: &str) -> Result<Value> {
    Value::from_name(name).ok_or_else(|| {
        let known: Vec<_> = Value::ALL.iter().map(|value| value.name()).collect();
        Error::new(
            Status::InvalidArg,
            format!("there is no `{name}`; it must be one of {}", known.join(", ")),
        )
    })
}

#[cfg(test)]
mod tests {
    use flyte_client::domain::{EntityKind, Phase};

    use super::*;

    #[test]
    fn a_name_gives_the_value_that_has_it() {
        assert_eq!(named::<EntityKind>("launchPlan").unwrap(), EntityKind::LaunchPlan);
        for phase in Phase::ALL {
            assert_eq!(named::<Phase>(phase.name()).unwrap(), *phase);
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_those_that_are_known() {
        let error = named::<EntityKind>("LaunchPlan").unwrap_err();
        assert_eq!(error.reason, "there is no `LaunchPlan`; it must be one of task, workflow, launchPlan");
    }

    #[test]
    fn numbers_that_cannot_be_are_bounded() {
        let request = |limit| domain::PageRequest::from(PageRequestInput { limit, token: None }).limit;
        assert_eq!(request(-1.0), 0);
        assert_eq!(request(f64::NAN), 0);
        assert_eq!(request(1000.0), 1000);
        let unlimited =
            ValueLimitsInput { max_text: f64::INFINITY, max_items: f64::INFINITY, max_values: f64::INFINITY };
        assert_eq!(values::ValueLimits::from(unlimited), values::ValueLimits::unlimited());
    }
}
