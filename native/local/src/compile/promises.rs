use super::START;
use super::bindings::{Resolved, Resolver};
use super::errors::{Code, Errors};
use super::nodes::{Known, output};
use super::types::{castable, printed};
use crate::idl::core::{LiteralType, OutputReference, literal_type::Type, promise_attribute};
use crate::messages::text;

impl Resolver<'_> {
    /// A binding to another node's output, or to a workflow's input when it names no node.
    pub fn promise(
        &self,
        promise: &mut OutputReference,
        expected: &LiteralType,
        errors: &mut Errors,
    ) -> Option<Resolved> {
        let from = if promise.node_id.is_empty() { START } else { promise.node_id.as_str() };
        let Some(known) = self.nodes.get(from) else {
            errors.add(
                Code::NodeReferenceNotFound,
                from,
                format_args!("Referenced node [{from}] not found."),
            );
            errors.not_bound(self.node.id, self.input);
            return None;
        };
        let Some((name, indexed)) = variable_name(&promise.var) else {
            errors.add(
                Code::SyntaxError,
                self.node.id,
                format_args!("Failed to parse element [{}].", promise.var),
            );
            return None;
        };
        let Some(variable) = output(from, known, name, errors) else {
            errors.not_bound(self.node.id, self.input);
            return None;
        };
        let whole = variable.r#type.clone().unwrap_or_default();
        let taken = self.part_of(&whole, indexed, promise, known, expected, errors)?;
        if self.check_types && !castable(&taken, expected) {
            self.mismatch(&promise.var, known, &taken, expected, errors);
            return None;
        }
        promise.node_id = from.to_owned();
        Some((whole, vec![promise.node_id.clone()]))
    }

    /// The type of the part of an output that a promise takes, by its index and attributes.
    fn part_of(
        &self,
        whole: &LiteralType,
        indexed: bool,
        promise: &OutputReference,
        known: &Known,
        expected: &LiteralType,
        errors: &mut Errors,
    ) -> Option<LiteralType> {
        let mut part = whole;
        if indexed {
            match &whole.r#type {
                Some(Type::CollectionType(item)) => part = item,
                _ => self.mismatch(&promise.var, known, whole, expected, errors),
            }
        }
        for attribute in &promise.attr_path {
            match (&part.r#type, &part.structure) {
                (Some(Type::CollectionType(item) | Type::MapValueType(item)), _) => part = item,
                (_, Some(structure)) if !structure.dataclass_type.is_empty() => {
                    let field = match &attribute.value {
                        Some(promise_attribute::Value::StringValue(field)) => field.as_str(),
                        _ => "",
                    };
                    let Some(found) = structure.dataclass_type.get(field) else {
                        errors.add(
                            Code::FieldNotFound,
                            self.node.id,
                            format_args!(
                                "Variable [{}] (type [{}]) doesn't have field [{field}].",
                                promise.var,
                                text(part)
                            ),
                        );
                        return None;
                    };
                    part = found;
                }
                // Nothing is known of what is inside, so anything may be.
                _ => {}
            }
        }
        Some(part.clone())
    }

    fn mismatch(
        &self,
        output: &str,
        known: &Known,
        found: &LiteralType,
        expected: &LiteralType,
        errors: &mut Errors,
    ) {
        let named = |name: Option<&str>, variable: &str| match name {
            Some(name) => format!("{name}.{variable}"),
            None => variable.to_owned(),
        };
        errors.add(
            Code::MismatchingTypes,
            self.node.id,
            format_args!(
                "The output variable '{}' has type [{}], but it's assigned to the input variable '{}' which has \
                 type type [{}].",
                named(known.name.as_deref(), output),
                printed(found),
                named(self.node.name, self.input),
                printed(expected)
            ),
        );
    }
}

/// The name in `name` or `[index].name`, and whether there is an index. None for anything else.
///
/// The compiler looks for its pattern anywhere in the text and wants to find it once, so other characters around a
/// name, as in `.a`, do not matter.
fn variable_name(text: &str) -> Option<(&str, bool)> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut words = text.split(|c| !is_word(c)).filter(|word| !word.is_empty());
    let (first, second, third) = (words.next()?, words.next(), words.next());
    match second {
        None => Some((first, false)),
        Some(name) if third.is_none() => {
            let numbered = first.chars().all(|c| c.is_ascii_digit());
            (numbered && text.contains(&format!("[{first}].{name}"))).then_some((name, true))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::variable_name;

    #[test]
    fn names_of_variables() {
        assert_eq!(variable_name("o0"), Some(("o0", false)));
        assert_eq!(variable_name(".a"), Some(("a", false)));
        assert_eq!(variable_name("[2].o0"), Some(("o0", true)));
        for bad in ["", "a-b", "[2]o0", "a.b", "[0].a.b"] {
            assert_eq!(variable_name(bad), None, "{bad}");
        }
    }
}
