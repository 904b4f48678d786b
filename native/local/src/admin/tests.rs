//! What the recordings of FlyteAdmin do not show of registration.

use tempfile::TempDir;
use tonic::Code;

use super::{descriptions, launch_plans, named_entities, projects, tasks, version, workflows};
use crate::data_proxy::{Files, Signer};
use crate::idl::admin::{
    ActiveLaunchPlanRequest, DescriptionEntity, GetVersionRequest, LaunchPlan, LaunchPlanCreateRequest,
    LaunchPlanSpec, LaunchPlanState, LaunchPlanUpdateRequest, NamedEntityIdentifier,
    NamedEntityIdentifierListRequest, NamedEntityListRequest, ObjectGetRequest, Project, ProjectGetRequest,
    Sort, TaskCreateRequest, TaskSpec, WorkflowCreateRequest, WorkflowSpec, project::ProjectState,
};
use crate::idl::core::{
    Identifier, Node, ResourceType, TaskMetadata, TaskNode, TaskTemplate, TypedInterface, WorkflowTemplate,
    node, task_node,
};
use crate::serve::Flyte;
use crate::store::Store;
use crate::{FLYTEADMIN_VERSION, seed};

/// A server's state on a fresh database with the project `p`.
pub struct Fresh {
    pub flyte: Flyte,
    pub _folder: TempDir,
}

pub fn fresh() -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("flyte.db")).unwrap();
    seed::projects(&store, &["p"]).unwrap();
    let files = Files::open(folder.path().into()).unwrap();
    Fresh { flyte: Flyte::new(store, files, Signer::new(b"key", String::new())), _folder: folder }
}

pub fn id(resource_type: ResourceType, name: &str, version: &str) -> Identifier {
    Identifier {
        resource_type: resource_type as i32,
        project: "p".into(),
        domain: "development".into(),
        name: name.into(),
        version: version.into(),
        org: String::new(),
    }
}

fn task(name: &str) -> TaskCreateRequest {
    let template = TaskTemplate {
        r#type: "any".into(),
        metadata: Some(TaskMetadata::default()),
        interface: Some(TypedInterface::default()),
        ..Default::default()
    };
    TaskCreateRequest {
        id: Some(id(ResourceType::Task, name, "1")),
        spec: Some(TaskSpec { template: Some(template), description: None }),
    }
}

fn workflow(name: &str, version: &str) -> WorkflowCreateRequest {
    let reference = Some(task_node::Reference::ReferenceId(id(ResourceType::Task, "t", "1")));
    let target = Some(node::Target::TaskNode(TaskNode { reference, overrides: None }));
    let nodes = vec![Node { id: "n0".into(), target, ..Default::default() }];
    let template = WorkflowTemplate { nodes, ..Default::default() };
    WorkflowCreateRequest {
        id: Some(id(ResourceType::Workflow, name, version)),
        spec: Some(WorkflowSpec { template: Some(template), ..Default::default() }),
    }
}

pub fn launch_plan(version: &str) -> LaunchPlanCreateRequest {
    let workflow_id = Some(id(ResourceType::Workflow, "w", "1"));
    LaunchPlanCreateRequest {
        id: Some(id(ResourceType::LaunchPlan, "l", version)),
        spec: Some(LaunchPlanSpec { workflow_id, ..Default::default() }),
    }
}

/// A state with a task, a workflow of it, and two versions of a launch plan.
pub fn registered() -> Fresh {
    let fresh = fresh();
    tasks::create(&fresh.flyte, task("t")).unwrap();
    workflows::create(&fresh.flyte, workflow("w", "1")).unwrap();
    for version in ["1", "2"] {
        launch_plans::create(&fresh.flyte, launch_plan(version)).unwrap();
    }
    fresh
}

pub fn set_state(flyte: &Flyte, version: &str, state: LaunchPlanState) {
    let id = Some(id(ResourceType::LaunchPlan, "l", version));
    launch_plans::update(flyte, LaunchPlanUpdateRequest { id, state: state as i32 }).unwrap();
}

fn active(flyte: &Flyte) -> Result<LaunchPlan, tonic::Status> {
    let id = NamedEntityIdentifier {
        project: "p".into(),
        domain: "development".into(),
        name: "l".into(),
        ..Default::default()
    };
    launch_plans::get_active(flyte, ActiveLaunchPlanRequest { id: Some(id) })
}

#[test]
fn one_version_of_a_launch_plan_is_active_at_most() {
    let Fresh { flyte, _folder } = registered();
    assert_eq!(
        active(&flyte).unwrap_err().message(),
        "No active launch plan could be found: p:development:l"
    );
    for version in ["1", "2", "2"] {
        set_state(&flyte, version, LaunchPlanState::Active);
        assert_eq!(active(&flyte).unwrap().id.unwrap().version, version);
    }
    set_state(&flyte, "1", LaunchPlanState::Inactive);
    assert_eq!(active(&flyte).unwrap().id.unwrap().version, "2");
    set_state(&flyte, "2", LaunchPlanState::Inactive);
    assert_eq!(active(&flyte).unwrap_err().code(), Code::NotFound);
}

#[test]
fn a_description_does_not_make_a_version_another_one() {
    let Fresh { flyte, _folder } = registered();
    let mut again = task("t");
    let description = DescriptionEntity { short_description: "new".into(), ..Default::default() };
    again.spec.as_mut().unwrap().description = Some(description);
    assert_eq!(tasks::create(&flyte, again).unwrap_err().code(), Code::AlreadyExists);
    let request = ObjectGetRequest { id: Some(id(ResourceType::Task, "t", "1")) };
    assert_eq!(descriptions::get(&flyte, request).unwrap_err().message(), "entry not found");
}

#[test]
fn generated_names_are_listed_only_when_asked_for() {
    let Fresh { flyte, _folder } = registered();
    workflows::create(&flyte, workflow(".flytegen.t", "1")).unwrap();
    let names = |filters: &str| {
        let request = NamedEntityListRequest {
            resource_type: ResourceType::Workflow as i32,
            project: "p".into(),
            domain: "development".into(),
            limit: 10,
            filters: filters.into(),
            ..Default::default()
        };
        let list = named_entities::list(&flyte, request).unwrap();
        list.entities.into_iter().map(|entity| entity.id.unwrap().name).collect::<Vec<_>>()
    };
    assert_eq!(names(""), ["w"]);
    assert_eq!(names("contains(name,flytegen)"), [".flytegen.t"]);
}

#[test]
fn names_are_paged_and_sorted_by_what_versions_share() {
    let Fresh { flyte, _folder } = registered();
    workflows::create(&flyte, workflow("w", "2")).unwrap();
    workflows::create(&flyte, workflow("v", "1")).unwrap();
    let page = |key: &str, token: &str| {
        let request = NamedEntityIdentifierListRequest {
            project: "p".into(),
            domain: "development".into(),
            limit: 1,
            token: token.into(),
            sort_by: Some(Sort { key: key.into(), direction: 0 }),
            ..Default::default()
        };
        workflows::ids(&flyte, request)
    };
    let first = page("name", "").unwrap();
    assert_eq!((first.entities[0].name.as_str(), first.token.as_str()), ("w", "1"));
    assert_eq!(page("name", "1").unwrap().entities[0].name, "v");
    assert!(page("name", "2").unwrap().entities.is_empty());
    assert_eq!(page("created_at", "").unwrap_err().message(), "invalid sort key 'created_at'");
}

#[test]
fn an_archived_project_takes_nothing_more() {
    let Fresh { flyte, _folder } = fresh();
    let archived = Project { id: "p".into(), state: ProjectState::Archived as i32, ..Default::default() };
    projects::update(&flyte, archived).unwrap();
    let request = ProjectGetRequest { id: "p".into(), ..Default::default() };
    assert_eq!(projects::get(&flyte, request).unwrap().name, "p");
    let refused = tasks::create(&flyte, task("t")).unwrap_err();
    assert_eq!((refused.code(), refused.message()), (Code::InvalidArgument, "project [p] is not active"));
    assert!(!refused.details().is_empty());
}

#[test]
fn the_version_is_the_one_followed() {
    let Fresh { flyte, _folder } = fresh();
    let version = version::get(&flyte, GetVersionRequest {}).unwrap().control_plane_version.unwrap();
    assert_eq!(version.version, FLYTEADMIN_VERSION);
}
