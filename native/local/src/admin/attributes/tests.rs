use flyte_idl::google::protobuf::BoolValue;
use tonic::Code;

use super::*;
use crate::admin::tests::{Fresh, fresh};
use crate::idl::admin::{ExecutionClusterLabel, PluginOverride};

fn label(value: &str) -> MatchingAttributes {
    let label = ExecutionClusterLabel { value: value.into() };
    MatchingAttributes { target: Some(Target::ExecutionClusterLabel(label)) }
}

fn set_at(flyte: &Flyte, domain: &str, workflow: &str, attributes: MatchingAttributes) {
    let (project, matching_attributes) = ("p".to_owned(), Some(attributes));
    let done = match (domain, workflow) {
        ("", _) => {
            let attributes = ProjectAttributes { project, matching_attributes, ..Default::default() };
            update_project(flyte, ProjectAttributesUpdateRequest { attributes: Some(attributes) }).map(|_| ())
        }
        (domain, "") => {
            let domain = domain.to_owned();
            let attributes =
                ProjectDomainAttributes { project, domain, matching_attributes, ..Default::default() };
            let request = ProjectDomainAttributesUpdateRequest { attributes: Some(attributes) };
            update_project_domain(flyte, request).map(|_| ())
        }
        (domain, workflow) => {
            let (domain, workflow) = (domain.to_owned(), workflow.to_owned());
            let attributes =
                WorkflowAttributes { project, domain, workflow, matching_attributes, ..Default::default() };
            update_workflow(flyte, WorkflowAttributesUpdateRequest { attributes: Some(attributes) })
                .map(|_| ())
        }
    };
    done.unwrap();
}

fn of_workflow(flyte: &Flyte, domain: &str) -> Outcome<WorkflowAttributes> {
    let request = WorkflowAttributesGetRequest {
        project: "p".into(),
        domain: domain.into(),
        workflow: "w".into(),
        resource_type: MatchableResource::ExecutionClusterLabel as i32,
        ..Default::default()
    };
    Ok(get_workflow(flyte, request)?.attributes.unwrap())
}

#[test]
fn the_closest_attributes_hold_until_they_are_removed() {
    let Fresh { flyte, _folder } = fresh();
    let refused = of_workflow(&flyte, "staging").unwrap_err();
    assert_eq!(
        (refused.code(), refused.message()),
        (
            Code::NotFound,
            "Resource [{Project:p Domain:staging Workflow:w LaunchPlan: \
             ResourceType:EXECUTION_CLUSTER_LABEL}] not found"
        )
    );
    set_at(&flyte, "", "", label("project"));
    set_at(&flyte, "staging", "w", label("first"));
    set_at(&flyte, "staging", "w", label("workflow"));
    set_at(&flyte, "staging", "", label("domain"));
    let found = of_workflow(&flyte, "staging").unwrap();
    assert_eq!((found.workflow.as_str(), found.matching_attributes), ("w", Some(label("workflow"))));
    let found = of_workflow(&flyte, "production").unwrap();
    assert_eq!((found.domain.as_str(), found.matching_attributes), ("", Some(label("project"))));

    let resource_type = MatchableResource::ExecutionClusterLabel as i32;
    let listed = list(&flyte, ListMatchableAttributesRequest { resource_type, ..Default::default() });
    let listed = listed.unwrap().configurations.into_iter().map(|found| found.attributes.unwrap());
    assert_eq!(listed.collect::<Vec<_>>(), ["workflow", "domain", "project"].map(label));

    let (project, domain) = ("p".to_owned(), "staging".to_owned());
    let request = ProjectDomainAttributesDeleteRequest {
        project: project.clone(),
        domain: domain.clone(),
        resource_type,
        ..Default::default()
    };
    delete_project_domain(&flyte, request).unwrap();
    // FlyteAdmin would have removed those of the workflow too.
    assert_eq!(of_workflow(&flyte, "staging").unwrap().workflow, "w");
    let request = WorkflowAttributesDeleteRequest {
        project: project.clone(),
        domain: domain.clone(),
        workflow: "w".into(),
        resource_type,
        ..Default::default()
    };
    delete_workflow(&flyte, request).unwrap();
    let request = ProjectDomainAttributesGetRequest {
        project: project.clone(),
        domain,
        resource_type,
        ..Default::default()
    };
    let found = get_project_domain(&flyte, request).unwrap().attributes.unwrap();
    assert_eq!(found.matching_attributes, Some(label("project")));
    delete_project(&flyte, ProjectAttributesDeleteRequest { project, resource_type, ..Default::default() })
        .unwrap();
    assert_eq!(of_workflow(&flyte, "staging").unwrap_err().code(), Code::NotFound);
}

#[test]
fn a_project_has_the_servers_defaults_for_executions() {
    let Fresh { flyte, _folder } = fresh();
    let config = || {
        let request = ProjectAttributesGetRequest {
            project: "p".into(),
            resource_type: MatchableResource::WorkflowExecutionConfig as i32,
            ..Default::default()
        };
        let attributes = get_project(&flyte, request).unwrap().attributes.unwrap();
        attributes.matching_attributes.unwrap().target.unwrap()
    };
    let with = |max_parallelism, interruptible| {
        Target::WorkflowExecutionConfig(WorkflowExecutionConfig {
            max_parallelism,
            interruptible,
            ..Default::default()
        })
    };
    assert_eq!(config(), with(25, None));
    set_at(&flyte, "", "", MatchingAttributes { target: Some(with(0, Some(BoolValue { value: true }))) });
    assert_eq!(config(), with(25, Some(BoolValue { value: true })));
    set_at(&flyte, "", "", MatchingAttributes { target: Some(with(3, None)) });
    assert_eq!(config(), with(3, None));
}

#[test]
fn plugin_overrides_of_other_task_types_stay() {
    let Fresh { flyte, _folder } = fresh();
    let plugin = |task_type: &str, plugin: &str| PluginOverride {
        task_type: task_type.into(),
        plugin_id: vec![plugin.into()],
        ..Default::default()
    };
    let with = |overrides| MatchingAttributes {
        target: Some(Target::PluginOverrides(PluginOverrides { overrides })),
    };
    set_at(&flyte, "staging", "", with(vec![plugin("a", "1"), plugin("b", "1")]));
    set_at(&flyte, "staging", "", with(vec![plugin("b", "2"), plugin("c", "2")]));
    let request = ProjectDomainAttributesGetRequest {
        project: "p".into(),
        domain: "staging".into(),
        resource_type: MatchableResource::PluginOverride as i32,
        ..Default::default()
    };
    let found = get_project_domain(&flyte, request).unwrap().attributes.unwrap().matching_attributes;
    assert_eq!(found, Some(with(vec![plugin("a", "1"), plugin("b", "2"), plugin("c", "2")])));
}

#[test]
fn what_is_not_there_or_says_nothing_is_refused() {
    let Fresh { flyte, _folder } = fresh();
    let update = |project: &str, matching_attributes| {
        let attributes =
            ProjectAttributes { project: project.into(), matching_attributes, ..Default::default() };
        let request = ProjectAttributesUpdateRequest { attributes: Some(attributes) };
        update_project(&flyte, request).unwrap_err().message().to_owned()
    };
    assert_eq!(update("p", None), "missing matching_attributes");
    assert_eq!(
        update("p", Some(MatchingAttributes::default())),
        "Unrecognized matching attributes type for request p"
    );
    assert_eq!(
        update("none", None),
        "failed to validate that project [none] is registered, err: [project [none] not found]"
    );
    let unknown = ListMatchableAttributesRequest { resource_type: 99, ..Default::default() };
    assert_eq!(list(&flyte, unknown).unwrap_err().message(), "invalid value for resource_type");
}
