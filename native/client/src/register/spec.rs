use bytes::Bytes;
use flyte_idl::flyteidl::{
    admin::{LaunchPlanSpec, TaskSpec, WorkflowSpec},
    core::{Identifier, ResourceType},
};
use prost::{DecodeError, Message};

use super::{references, substitute};
use crate::domain::{EntityId, EntityKind, RegistrationItem, RegistrationPlan};
use crate::error::{FailureReason, FlyteError};

/// An entity's spec as it was serialised.
pub(super) struct Spec {
    pub bytes: Bytes,
    /// What it refers to, as [`references::key`]s.
    pub needs: Vec<EntityId>,
}

/// Reads the specs of all items, in their order.
///
/// # Errors
/// [`FailureReason::File`] for the first file that cannot be read or does not hold the kind of spec that the plan
/// says, and for a task that waits for a code bundle when the plan has none.
pub(super) async fn read_all(plan: &RegistrationPlan) -> Result<Vec<Spec>, FlyteError> {
    let mut specs = Vec::with_capacity(plan.items.len());
    for item in &plan.items {
        let content = tokio::fs::read(&item.spec_file)
            .await
            .map_err(|error| unusable(item, &format!("cannot be read: {error}")))?;
        let spec = understand(item, content.into())?;
        if plan.bundle.is_none()
            && item.id.entity.kind == EntityKind::Task
            && substitute::needs_bundle(&spec.bytes).map_err(|error| damaged(item, &error.to_string()))?
        {
            return Err(unusable(
                item,
                "was serialised for a code bundle, but there is none to upload. Register with a bundle, or serialise \
                 without one",
            ));
        }
        specs.push(spec);
    }
    Ok(specs)
}

fn understand(item: &RegistrationItem, bytes: Bytes) -> Result<Spec, FlyteError> {
    let undecodable = |error: DecodeError| damaged(item, &error.to_string());
    let needs = match item.id.entity.kind {
        EntityKind::Task => {
            let spec = TaskSpec::decode(bytes.clone()).map_err(undecodable)?;
            let template = spec.template.ok_or_else(|| damaged(item, "it holds no template"))?;
            of_kind(item, template.id.as_ref(), ResourceType::Task)?;
            Vec::new()
        }
        EntityKind::Workflow => {
            let spec = WorkflowSpec::decode(bytes.clone()).map_err(undecodable)?;
            let template = spec.template.as_ref().ok_or_else(|| damaged(item, "it holds no template"))?;
            of_kind(item, template.id.as_ref(), ResourceType::Workflow)?;
            references::of_workflow(&spec)
        }
        EntityKind::LaunchPlan => {
            let spec = LaunchPlanSpec::decode(bytes.clone()).map_err(undecodable)?;
            let workflow = spec.workflow_id.ok_or_else(|| damaged(item, "it names no workflow"))?;
            of_kind(item, Some(&workflow), ResourceType::Workflow)?;
            vec![references::named(EntityKind::Workflow, &workflow)]
        }
    };
    Ok(Spec { bytes, needs })
}

/// Protobuf decodes much as what it is not: the kind in a template's identifier says what the bytes are.
fn of_kind(
    item: &RegistrationItem,
    id: Option<&Identifier>,
    expected: ResourceType,
) -> Result<(), FlyteError> {
    let found = id.map_or(ResourceType::Unspecified, Identifier::resource_type);
    if found == expected || found == ResourceType::Unspecified {
        return Ok(());
    }
    Err(damaged(
        item,
        &format!("it names a {} where a {} belongs", found.as_str_name(), expected.as_str_name()),
    ))
}

pub(super) fn damaged(item: &RegistrationItem, why: &str) -> FlyteError {
    unusable(item, &format!("is not a serialised {}: {why}. Serialise it again", item.id.entity.kind))
}

fn unusable(item: &RegistrationItem, what: &str) -> FlyteError {
    FlyteError::new(
        FailureReason::File,
        format!("The file {} of {} {what}.", item.spec_file.display(), item.id.entity),
    )
}
