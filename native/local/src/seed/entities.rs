//! The sample project's tasks, workflow and launch plan, as flytekit would register them.

use std::collections::HashMap;

use tonic::{Code, Status};

use crate::admin::{launch_plans, tasks, workflows};
use crate::failure::Outcome;
use crate::idl::admin::{
    LaunchPlanCreateRequest, LaunchPlanSpec, TaskCreateRequest, TaskSpec, WorkflowCreateRequest, WorkflowSpec,
};
use crate::idl::core::runtime_metadata::RuntimeType;
use crate::idl::core::{
    Binding, BindingData, Container, Identifier, Literal, LiteralType, Node, NodeMetadata, OutputReference,
    Parameter, ParameterMap, Primitive, ResourceType, RetryStrategy, RuntimeMetadata, Scalar, SimpleType,
    TaskMetadata, TaskNode, TaskTemplate, TypedInterface, Variable, VariableMap, WorkflowTemplate,
    binding_data, literal, literal_type, node, parameter, primitive, scalar, task_node, task_template,
};
use crate::serve::Flyte;

/// The Python module that all of them are in.
const MODULE: &str = "training.pipeline";
const VERSION: &str = "v1";

/// What the nodes run, in order: `n0`, `n1`, `n2`.
pub const TASKS: [&str; 3] = ["load_data", "train", "evaluate"];

const INTEGER: SimpleType = SimpleType::Integer;
const FLOAT: SimpleType = SimpleType::Float;
const TEXT: SimpleType = SimpleType::String;

/// Registers what is not registered yet, and gives the launch plan.
pub fn register(flyte: &Flyte, project: &str, domain: &str) -> Outcome<Identifier> {
    let id = |resource_type: ResourceType, name: &str| Identifier {
        resource_type: resource_type as i32,
        project: project.into(),
        domain: domain.into(),
        name: format!("{MODULE}.{name}"),
        version: VERSION.into(),
        org: String::new(),
    };
    let task = |name: &str| id(ResourceType::Task, name);
    for (name, inputs, outputs) in interfaces() {
        known(tasks::create(flyte, sample_task(task(name), name, inputs, outputs)).map(|_| ()))?;
    }
    let workflow = id(ResourceType::Workflow, "main");
    known(workflows::create(flyte, sample_workflow(&workflow, &TASKS.map(task))).map(|_| ()))?;
    let plan = id(ResourceType::LaunchPlan, "main");
    known(launch_plans::create(flyte, sample_plan(&plan, workflow)).map(|_| ()))?;
    Ok(plan)
}

/// Takes "it is there already" as success.
fn known(registered: Result<(), Status>) -> Outcome<()> {
    match registered {
        Err(status) if status.code() == Code::AlreadyExists => Ok(()),
        other => other,
    }
}

/// The identifier of one of [`TASKS`], given the launch plan's.
pub fn task_of(plan: &Identifier, name: &str) -> Identifier {
    Identifier { resource_type: ResourceType::Task as i32, name: format!("{MODULE}.{name}"), ..plan.clone() }
}

type Variables = &'static [(&'static str, SimpleType)];

fn interfaces() -> [(&'static str, Variables, Variables); 3] {
    [
        ("load_data", &[("rows", INTEGER), ("source", TEXT)], &[("o0", TEXT)]),
        ("train", &[("data", TEXT), ("learning_rate", FLOAT)], &[("o0", TEXT)]),
        ("evaluate", &[("data", TEXT), ("model", TEXT)], &[("o0", FLOAT)]),
    ]
}

fn variables(of: &[(&str, SimpleType)]) -> Option<VariableMap> {
    let variables = of.iter().map(|(name, simple)| ((*name).to_owned(), variable(*simple, name)));
    Some(VariableMap { variables: variables.collect() })
}

fn variable(simple: SimpleType, description: &str) -> Variable {
    let simple = Some(literal_type::Type::Simple(simple as i32));
    Variable {
        r#type: Some(LiteralType { r#type: simple, ..Default::default() }),
        description: description.into(),
        ..Default::default()
    }
}

/// A literal of one primitive.
pub fn primitive(value: primitive::Value) -> Literal {
    let value = scalar::Value::Primitive(Primitive { value: Some(value) });
    let scalar = Box::new(Scalar { value: Some(value) });
    Literal { value: Some(literal::Value::Scalar(scalar)), ..Default::default() }
}

fn sample_task(id: Identifier, name: &str, inputs: Variables, outputs: Variables) -> TaskCreateRequest {
    let args = [
        "pyflyte-execute",
        "--inputs",
        "{{.input}}",
        "--output-prefix",
        "{{.outputPrefix}}",
        "--resolver",
        "flytekit.core.python_auto_container.default_task_resolver",
        "--",
        "task-module",
        MODULE,
        "task-name",
        name,
    ];
    let container = Container {
        image: "cr.flyte.org/flyteorg/flytekit:py3.12-1.16.8".into(),
        args: args.map(str::to_owned).to_vec(),
        ..Default::default()
    };
    let runtime = RuntimeMetadata {
        r#type: RuntimeType::FlyteSdk as i32,
        version: "1.16.8".into(),
        flavor: "python".into(),
    };
    let template = TaskTemplate {
        id: Some(id.clone()),
        r#type: "python-task".into(),
        metadata: Some(TaskMetadata {
            runtime: Some(runtime),
            retries: Some(RetryStrategy { retries: 1 }),
            ..Default::default()
        }),
        interface: Some(TypedInterface { inputs: variables(inputs), outputs: variables(outputs) }),
        target: Some(task_template::Target::Container(container)),
        ..Default::default()
    };
    TaskCreateRequest {
        id: Some(id),
        spec: Some(TaskSpec { template: Some(template), ..Default::default() }),
    }
}

/// A binding to the output of a node, or to an input of the workflow when `node` is empty.
fn bound(var: &str, node: &str, output: &str) -> Binding {
    let promise = OutputReference { node_id: node.into(), var: output.into(), ..Default::default() };
    Binding {
        var: var.into(),
        binding: Some(BindingData {
            value: Some(binding_data::Value::Promise(promise)),
            ..Default::default()
        }),
    }
}

fn sample_workflow(id: &Identifier, tasks: &[Identifier; 3]) -> WorkflowCreateRequest {
    let inputs = [
        vec![bound("rows", "", "rows"), bound("source", "", "source")],
        vec![bound("data", "n0", "o0"), bound("learning_rate", "", "learning_rate")],
        vec![bound("data", "n0", "o0"), bound("model", "n1", "o0")],
    ];
    let nodes = tasks.iter().zip(TASKS).zip(inputs).enumerate().map(|(index, ((task, name), inputs))| Node {
        id: format!("n{index}"),
        metadata: Some(NodeMetadata { name: name.into(), ..Default::default() }),
        inputs,
        target: Some(node::Target::TaskNode(TaskNode {
            reference: Some(task_node::Reference::ReferenceId(task.clone())),
            ..Default::default()
        })),
        ..Default::default()
    });
    let template = WorkflowTemplate {
        id: Some(id.clone()),
        interface: Some(TypedInterface {
            inputs: variables(&[("rows", INTEGER), ("source", TEXT), ("learning_rate", FLOAT)]),
            outputs: variables(&[("accuracy", FLOAT), ("model", TEXT)]),
        }),
        nodes: nodes.collect(),
        outputs: vec![bound("accuracy", "n2", "o0"), bound("model", "n1", "o0")],
        ..Default::default()
    };
    WorkflowCreateRequest {
        id: Some(id.clone()),
        spec: Some(WorkflowSpec { template: Some(template), ..Default::default() }),
    }
}

fn sample_plan(id: &Identifier, workflow: Identifier) -> LaunchPlanCreateRequest {
    let default = |value| Some(parameter::Behavior::Default(primitive(value)));
    let defaults = [
        ("rows", INTEGER, default(primitive::Value::Integer(10_000))),
        ("learning_rate", FLOAT, default(primitive::Value::FloatValue(0.05))),
        ("source", TEXT, Some(parameter::Behavior::Required(true))),
    ];
    let parameters: HashMap<_, _> = defaults
        .into_iter()
        .map(|(name, simple, behavior)| {
            (name.to_owned(), Parameter { var: Some(variable(simple, name)), behavior })
        })
        .collect();
    LaunchPlanCreateRequest {
        id: Some(id.clone()),
        spec: Some(LaunchPlanSpec {
            workflow_id: Some(workflow),
            default_inputs: Some(ParameterMap { parameters }),
            ..Default::default()
        }),
    }
}
