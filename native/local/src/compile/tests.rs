//! What the recordings of FlyteAdmin do not show of the compiler.

use std::collections::HashMap;

use super::{requirements, workflow};
use crate::idl::admin::{LaunchPlan, LaunchPlanClosure};
use crate::idl::core::{
    Binding, BindingData, BindingDataCollection, CompiledTask, EnumType, Identifier, LiteralType, Node,
    OutputReference, Parameter, ParameterMap, Primitive, PromiseAttribute, ResourceType, Scalar, SimpleType,
    TaskNode, TaskTemplate, TypeStructure, TypedInterface, UnionType, Variable, VariableMap, WorkflowNode,
    WorkflowTemplate, binding_data, literal_type::Type, node, parameter, primitive, promise_attribute,
    scalar, task_node, workflow_node,
};

fn id(resource_type: ResourceType, name: &str) -> Identifier {
    Identifier { resource_type: resource_type as i32, name: name.into(), ..Default::default() }
}

fn simple(simple: SimpleType) -> LiteralType {
    LiteralType { r#type: Some(Type::Simple(simple as i32)), ..Default::default() }
}

fn integer() -> LiteralType {
    simple(SimpleType::Integer)
}

fn variables(types: &[(&str, LiteralType)]) -> Option<VariableMap> {
    let variable = |found: &LiteralType| Variable { r#type: Some(found.clone()), ..Default::default() };
    Some(VariableMap {
        variables: types.iter().map(|(name, found)| ((*name).into(), variable(found))).collect(),
    })
}

fn interface(inputs: &[(&str, LiteralType)], outputs: &[(&str, LiteralType)]) -> Option<TypedInterface> {
    Some(TypedInterface { inputs: variables(inputs), outputs: variables(outputs) })
}

fn task(name: &str, inputs: &[(&str, LiteralType)], outputs: &[(&str, LiteralType)]) -> CompiledTask {
    let template = TaskTemplate {
        id: Some(id(ResourceType::Task, name)),
        interface: interface(inputs, outputs),
        ..Default::default()
    };
    CompiledTask { template: Some(template) }
}

fn template(name: &str, nodes: Vec<Node>) -> WorkflowTemplate {
    WorkflowTemplate {
        id: Some(id(ResourceType::Workflow, name)),
        interface: interface(&[], &[]),
        nodes,
        ..Default::default()
    }
}

fn bound(var: &str, value: binding_data::Value) -> Binding {
    Binding { var: var.into(), binding: Some(BindingData { value: Some(value), ..Default::default() }) }
}

fn number(number: i64) -> binding_data::Value {
    let primitive = Primitive { value: Some(primitive::Value::Integer(number)) };
    binding_data::Value::Scalar(Scalar { value: Some(scalar::Value::Primitive(primitive)) })
}

fn output(node: &str, var: &str, fields: &[&str]) -> binding_data::Value {
    let attribute = |field: &&str| PromiseAttribute {
        value: Some(promise_attribute::Value::StringValue((*field).into())),
    };
    binding_data::Value::Promise(OutputReference {
        node_id: node.into(),
        var: var.into(),
        attr_path: fields.iter().map(attribute).collect(),
    })
}

fn task_node(node: &str, task: &str, inputs: Vec<Binding>) -> Node {
    let reference = Some(task_node::Reference::ReferenceId(id(ResourceType::Task, task)));
    let target = Some(node::Target::TaskNode(TaskNode { reference, overrides: None }));
    Node { id: node.into(), inputs, target, ..Default::default() }
}

fn workflow_node(node: &str, reference: workflow_node::Reference, inputs: Vec<Binding>) -> Node {
    let target = Some(node::Target::WorkflowNode(WorkflowNode { reference: Some(reference) }));
    Node { id: node.into(), inputs, target, ..Default::default() }
}

fn sub_node(node: &str, workflow: &str) -> Node {
    workflow_node(
        node,
        workflow_node::Reference::SubWorkflowRef(id(ResourceType::Workflow, workflow)),
        Vec::new(),
    )
}

/// The errors of a workflow of these nodes, one a line.
fn errors(nodes: Vec<Node>, tasks: Vec<CompiledTask>) -> String {
    workflow(&template("w", nodes), &[], tasks, &[]).unwrap_err().to_string()
}

#[test]
fn what_a_node_needs_and_gives_makes_the_graph() {
    let tasks = vec![task("t", &[("a", integer())], &[("o", integer())])];
    let nodes = vec![
        task_node("n1", "t", vec![bound("a", output("n0", "o", &[]))]),
        task_node("n0", "t", vec![bound("a", number(1))]),
    ];
    let compiled = workflow(&template("w", nodes), &[], tasks, &[]).unwrap().primary.unwrap();
    let nodes: Vec<String> = compiled.template.unwrap().nodes.into_iter().map(|node| node.id).collect();
    assert_eq!(nodes, ["start-node", "end-node", "n1", "n0"]);
    let edges = compiled.connections.unwrap().downstream;
    let edges: HashMap<&str, Vec<String>> =
        edges.iter().map(|(id, list)| (id.as_str(), list.ids.clone())).collect();
    assert_eq!(edges["start-node"], ["n0"]);
    assert_eq!(edges["n0"], ["n1"]);
    assert_eq!(edges["n1"], ["end-node"]);
}

#[test]
fn a_sub_workflow_is_compiled_once_and_must_come_along() {
    let sub = template("sub", vec![task_node("n0", "t", Vec::new())]);
    let nodes = vec![sub_node("n0", "sub"), sub_node("n1", "sub")];
    let compiled = workflow(&template("w", nodes.clone()), &[sub], vec![task("t", &[], &[])], &[]).unwrap();
    let sub = compiled.sub_workflows[0].clone();
    assert_eq!(sub.template.unwrap().nodes.len(), 3);
    assert!(sub.connections.unwrap().downstream.contains_key("start-node"));
    let missing = errors(nodes, Vec::new());
    assert!(missing.contains("Code: WorkflowReferenceNotFound, Node Id: n0"), "{missing}");
}

#[test]
fn workflows_that_hold_each_other_are_a_cycle() {
    let subs = [template("a", vec![sub_node("n0", "b")]), template("b", vec![sub_node("n0", "a")])];
    assert!(requirements(&subs[0], &subs).is_ok());
    let found = workflow(&template("w", vec![sub_node("n0", "a")]), &subs, Vec::new(), &[]).unwrap_err();
    assert!(found.to_string().contains("Code: CycleDetected"), "{found}");
}

#[test]
fn what_is_nested_too_deep_is_refused() {
    let name = |level: usize| format!("w{level}");
    let sub = |level| template(&name(level), vec![sub_node("n0", &name(level + 1))]);
    let chain = |levels| {
        let mut subs: Vec<_> = (1..levels).map(sub).collect();
        subs.push(template(&name(levels), vec![task_node("n0", "t", Vec::new())]));
        workflow(&sub(0), &subs, vec![task("t", &[], &[])], &[])
    };
    assert!(chain(40).is_ok());
    let found = chain(10_000).unwrap_err().to_string();
    assert!(found.contains("Nodes are nested deeper than 50 levels."), "{found}");
}

#[test]
fn two_sub_workflows_of_one_id_are_refused() {
    let sub = template("sub", vec![task_node("n0", "t", Vec::new())]);
    let found = requirements(&template("w", Vec::new()), &[sub.clone(), sub]).unwrap_err().to_string();
    assert!(found.contains("Code: DuplicateId"), "{found}");
}

#[test]
fn a_launch_plan_node_may_leave_out_what_has_a_default() {
    let parameter = |behavior| Parameter {
        var: Some(Variable { r#type: Some(integer()), ..Default::default() }),
        behavior: Some(behavior),
    };
    let parameters = HashMap::from([
        ("a".to_owned(), parameter(parameter::Behavior::Required(true))),
        ("b".to_owned(), parameter(parameter::Behavior::Default(Default::default()))),
    ]);
    let closure =
        LaunchPlanClosure { expected_inputs: Some(ParameterMap { parameters }), ..Default::default() };
    let plan = id(ResourceType::LaunchPlan, "plan");
    let plans = [LaunchPlan { id: Some(plan.clone()), closure: Some(closure), spec: None }];
    let node = |inputs| workflow_node("n0", workflow_node::Reference::LaunchplanRef(plan.clone()), inputs);
    let compile = |inputs| workflow(&template("w", vec![node(inputs)]), &[], Vec::new(), &plans);
    assert!(compile(vec![bound("a", number(1))]).is_ok());
    assert!(compile(vec![bound("a", number(1)), bound("b", number(2))]).is_ok());
    let found = compile(vec![bound("b", number(2))]).unwrap_err().to_string();
    assert!(
        found.contains("Code: ParameterNotBound, Node Id: n0, Description: Parameter not bound [a]."),
        "{found}"
    );
}

#[test]
fn a_field_of_a_dataclass_has_its_own_type() {
    let structure =
        TypeStructure { dataclass_type: HashMap::from([("x".to_owned(), integer())]), ..Default::default() };
    let point = LiteralType { structure: Some(structure), ..simple(SimpleType::Struct) };
    let tasks = || vec![task("p", &[], &[("o", point.clone())]), task("t", &[("a", integer())], &[])];
    let nodes = |field| {
        vec![
            task_node("n0", "p", Vec::new()),
            task_node("n1", "t", vec![bound("a", output("n0", "o", &[field]))]),
        ]
    };
    assert!(workflow(&template("w", nodes("x")), &[], tasks(), &[]).is_ok());
    let found = errors(nodes("y"), tasks());
    assert!(
        found.contains("Code: FieldNotFound, Node Id: n1") && found.contains("doesn't have field [y]"),
        "{found}"
    );
}

#[test]
fn a_list_for_a_union_must_fit_one_variant() {
    let list =
        |item| LiteralType { r#type: Some(Type::CollectionType(Box::new(item))), ..Default::default() };
    let union = |variants| LiteralType {
        r#type: Some(Type::UnionType(UnionType { variants })),
        ..Default::default()
    };
    let numbers = || {
        let Some(item) = bound("", number(1)).binding else { panic!("a binding") };
        binding_data::Value::Collection(BindingDataCollection { bindings: vec![item] })
    };
    let compile = |variants| {
        let tasks = vec![task("t", &[("a", union(variants))], &[])];
        workflow(&template("w", vec![task_node("n0", "t", vec![bound("a", numbers())])]), &[], tasks, &[])
    };
    assert!(compile(vec![list(integer()), simple(SimpleType::None)]).is_ok());
    let found = compile(vec![list(simple(SimpleType::String)), integer()]).unwrap_err().to_string();
    assert!(found.contains("Code: IncompatibleBindingUnionValue"), "{found}");
    let found = compile(vec![list(integer()), list(integer())]).unwrap_err().to_string();
    assert!(found.contains("Code: AmbiguousBindingUnionValue"), "{found}");
}

#[test]
fn other_errors_of_bindings() {
    let colour = LiteralType {
        r#type: Some(Type::EnumType(EnumType { values: vec!["red".into()] })),
        ..Default::default()
    };
    let tasks = vec![task("t", &[("a", integer())], &[]), task("c", &[("a", colour)], &[])];
    let blue = Primitive { value: Some(primitive::Value::StringValue("blue".into())) };
    let blue = binding_data::Value::Scalar(Scalar { value: Some(scalar::Value::Primitive(blue)) });
    let nodes = vec![
        task_node("twice", "t", vec![bound("a", number(1)), bound("a", number(2))]),
        task_node("enum", "c", vec![bound("a", blue)]),
        task_node("list", "t", vec![bound("a", binding_data::Value::Collection(Default::default()))]),
        task_node("none", "t", vec![Binding { var: "a".into(), binding: None }]),
        task_node("gone", "missing", Vec::new()),
    ];
    let found = errors(nodes, tasks);
    for expected in [
        "Code: ParameterBoundMoreThanOnce, Node Id: twice, Description: Input [a] is bound more than once.",
        "Code: IllegalEnumValue, Node Id: enum",
        "expects value to be one of [[red]].  Received [blue]",
        "Code: MismatchingBindings, Node Id: list",
        "Code: ValueRequired, Node Id: none, Description: Value required [Binding].",
        "Code: TaskReferenceNotFound, Node Id: gone",
    ] {
        assert!(found.contains(expected), "{expected}\n{found}");
    }
}
