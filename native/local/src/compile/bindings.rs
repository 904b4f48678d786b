use std::collections::{BTreeSet, HashMap};

use super::errors::{Code, Errors};
use super::nodes::Nodes;
use super::types::{castable, printed, scalar_type};
use crate::idl::core::{
    Binding, BindingData, LiteralType, SimpleType, Variable, VariableMap, binding_data, literal_type::Type,
    primitive, scalar,
};
use crate::messages::text;

/// The node whose inputs are bound.
#[derive(Clone, Copy)]
pub struct Bound<'a> {
    pub id: &'a str,
    pub name: Option<&'a str>,
}

/// What a binding comes to: the type of its value, and the nodes it waits for.
pub type Resolved = (LiteralType, Vec<String>);

/// What the bindings of a node come to: its inputs with the types they get, and the nodes they wait for.
#[derive(Default)]
pub struct Inputs {
    pub variables: VariableMap,
    pub upstream: Vec<String>,
}

/// Checks the bindings of a node, and names the start in those that take a workflow's input. `parameters` are the
/// node's inputs; none when they are whatever is bound, so that any name and type will do.
pub fn resolve(
    nodes: &Nodes,
    node: Bound<'_>,
    bindings: &mut [Binding],
    parameters: Option<&HashMap<String, Variable>>,
    errors: &mut Errors,
) -> Inputs {
    let mut inputs = Inputs::default();
    let mut provided = BTreeSet::new();
    for binding in bindings {
        let name = binding.var.as_str();
        let expected = match parameters {
            None => simple(SimpleType::None),
            Some(parameters) => match parameters.get(name) {
                Some(parameter) => parameter.r#type.clone().unwrap_or_default(),
                None => {
                    errors.no_variable(node.id, name);
                    continue;
                }
            },
        };
        let Some(data) = &mut binding.binding else {
            errors.value_required(node.id, "Binding");
            continue;
        };
        if !provided.insert(name) {
            errors.add(
                Code::ParameterBoundMoreThanOnce,
                node.id,
                format_args!("Input [{name}] is bound more than once."),
            );
            continue;
        }
        let resolver = Resolver { nodes, node, input: name, check_types: parameters.is_some() };
        if let Some((found, upstream)) = resolver.data(data, &expected, errors) {
            inputs.upstream.extend(upstream);
            let variable = Variable { r#type: Some(found), ..Default::default() };
            inputs.variables.variables.insert(name.to_owned(), variable);
        }
    }
    for (name, parameter) in parameters.into_iter().flatten() {
        if !provided.contains(name.as_str()) && !is_optional(parameter) {
            errors.not_bound(node.id, name);
        }
    }
    inputs
}

/// Whether an input may be left unbound: a union with none among its variants. FlyteAdmin takes every variant that is
/// no simple type for none, so a union with such a one may be left unbound too.
fn is_optional(variable: &Variable) -> bool {
    let Some(Type::UnionType(union)) = variable.r#type.as_ref().and_then(|found| found.r#type.as_ref())
    else {
        return false;
    };
    union.variants.iter().any(|variant| match variant.r#type {
        Some(Type::Simple(simple)) => simple == SimpleType::None as i32,
        _ => true,
    })
}

/// The check of one input's binding.
pub struct Resolver<'a> {
    pub nodes: &'a Nodes,
    pub node: Bound<'a>,
    pub input: &'a str,
    pub check_types: bool,
}

impl Resolver<'_> {
    fn data(&self, data: &mut BindingData, expected: &LiteralType, errors: &mut Errors) -> Option<Resolved> {
        let id = self.node.id;
        let whole =
            matches!(data.value, Some(binding_data::Value::Scalar(_) | binding_data::Value::Promise(_)));
        if !whole && let Some(Type::UnionType(union)) = &expected.r#type {
            return self.variant(data, expected, &union.variants, errors);
        }
        match &mut data.value {
            Some(binding_data::Value::Scalar(value)) => {
                let before = errors.added();
                let found = scalar_type(value);
                match &found {
                    None => errors.add(Code::UnrecognizedValue, id, "Unrecognized value [<nil>]."),
                    Some(found) if self.check_types && !castable(found, expected) => {
                        errors.mismatching_types(id, self.input, &printed(found), &printed(expected));
                    }
                    Some(_) => {}
                }
                if let Some(Type::EnumType(wanted)) = &expected.r#type {
                    let given = match &value.value {
                        Some(scalar::Value::Primitive(value)) => match &value.value {
                            Some(primitive::Value::StringValue(value)) => value.as_str(),
                            _ => "",
                        },
                        _ => "",
                    };
                    if !wanted.values.iter().any(|value| value == given) {
                        errors.add(
                            Code::IllegalEnumValue,
                            id,
                            format_args!(
                                "Input [{}] on node [{id}] is an Enum and expects value to be one of [[{}]].  \
                                 Received [{given}]",
                                self.input,
                                wanted.values.join(" ")
                            ),
                        );
                    }
                }
                (errors.added() == before).then(|| (found.unwrap_or_default(), Vec::new()))
            }
            Some(binding_data::Value::Promise(promise)) => self.promise(promise, expected, errors),
            Some(binding_data::Value::Collection(items)) => match &expected.r#type {
                Some(Type::CollectionType(wanted)) => {
                    let (found, upstream) = self.parts(items.bindings.iter_mut(), wanted, errors)?;
                    Some((of(Type::CollectionType(Box::new(found))), upstream))
                }
                _ => {
                    errors.mismatching_bindings(id, self.input, &text(expected), &text(items));
                    None
                }
            },
            Some(binding_data::Value::Map(map)) => match &expected.r#type {
                Some(Type::MapValueType(wanted)) => {
                    let (found, upstream) = self.parts(map.bindings.values_mut(), wanted, errors)?;
                    Some((of(Type::MapValueType(Box::new(found))), upstream))
                }
                _ => {
                    errors.mismatching_bindings(id, self.input, &text(expected), &text(map));
                    None
                }
            },
            Some(binding_data::Value::OffloadedMetadata(_)) | None => {
                errors.mismatching_bindings(id, self.input, &text(expected), "");
                None
            }
        }
    }

    /// The items of a list or the values of a map. None when one of them is wrong.
    fn parts<'a>(
        &self,
        parts: impl Iterator<Item = &'a mut BindingData>,
        expected: &LiteralType,
        errors: &mut Errors,
    ) -> Option<Resolved> {
        let before = errors.added();
        let mut found = LiteralType::default();
        let mut upstream = Vec::new();
        for part in parts {
            if let Some((part_type, part_upstream)) = self.data(part, expected, errors) {
                found = part_type;
                upstream.extend(part_upstream);
            }
        }
        (errors.added() == before).then_some((found, upstream))
    }

    /// A list or map for a union: exactly one of the variants must take it.
    fn variant(
        &self,
        data: &mut BindingData,
        expected: &LiteralType,
        variants: &[LiteralType],
        errors: &mut Errors,
    ) -> Option<Resolved> {
        let mut fitting: Option<(&LiteralType, Resolved)> = None;
        for variant in variants {
            let Some(resolved) = self.data(data, variant, &mut Errors::default()) else { continue };
            if let Some((other, _)) = &fitting {
                errors.add(
                    Code::AmbiguousBindingUnionValue,
                    self.node.id,
                    format_args!(
                        "Input [{}] on node [{}] expects bindings of union type [{}].  Received [{}] which is \
                         ambiguous as both variants [{}] and [{}] match.",
                        self.input,
                        self.node.id,
                        text(expected),
                        text(data),
                        text(*other),
                        text(variant)
                    ),
                );
                return None;
            }
            fitting = Some((variant, resolved));
        }
        if fitting.is_none() {
            errors.add(
                Code::IncompatibleBindingUnionValue,
                self.node.id,
                format_args!(
                    "Input [{}] on node [{}] expects bindings of union type [{}].  Received [{}] which does not \
                     match any of the variants.",
                    self.input,
                    self.node.id,
                    text(expected),
                    text(data)
                ),
            );
        }
        fitting.map(|(_, resolved)| resolved)
    }
}

fn of(found: Type) -> LiteralType {
    LiteralType { r#type: Some(found), ..Default::default() }
}

fn simple(simple: SimpleType) -> LiteralType {
    of(Type::Simple(simple as i32))
}
