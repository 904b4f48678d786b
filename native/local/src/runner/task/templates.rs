//! The placeholders in a task's command: `{{.input}}`, `{{.outputPrefix}}` and so on, as propeller knows them.

use std::borrow::Cow;

use super::literals;
use crate::idl::core::LiteralMap;

/// What placeholders stand for.
pub struct Values {
    /// Name in lower case (they are told apart without regard to case) → text.
    pub named: Vec<(&'static str, String)>,
    pub inputs: LiteralMap,
}

/// Placeholders that registration must have replaced: the bundle of a fast registration and where to unpack it.
const OF_REGISTRATION: [&str; 2] = ["remote_package_path", "dest_dir"];

impl Values {
    /// `argument` with its placeholders replaced. What looks like one but is none of Flyte's stays as it is. An input
    /// that is not there or has no text is an error.
    pub fn render(&self, argument: &str) -> Result<String, String> {
        let mut rendered = String::with_capacity(argument.len());
        let mut rest = argument;
        while let Some(start) = rest.find("{{") {
            let (before, from) = rest.split_at(start);
            rendered.push_str(before);
            match placeholder(from) {
                Some((name, after)) => {
                    match self.value(name)? {
                        Some(value) => rendered.push_str(&value),
                        None => rendered.push_str(&from[..from.len() - after.len()]),
                    }
                    rest = after;
                }
                None => {
                    rendered.push_str(&from[..1]);
                    rest = &from[1..];
                }
            }
        }
        rendered.push_str(rest);
        Ok(rendered)
    }

    fn value(&self, name: &str) -> Result<Option<Cow<'_, str>>, String> {
        let lower = name.to_ascii_lowercase();
        if lower.starts_with("inputs.") {
            let input = &name["inputs.".len()..];
            let Some(literal) = self.inputs.literals.get(input) else {
                return Err(format!("its command asks for the input {input}, which it does not have"));
            };
            return literals::text(literal)
                .map(|text| Some(text.into()))
                .map_err(|why| format!("its command asks for the input {input}: {why}"));
        }
        if OF_REGISTRATION.contains(&name) {
            return Err(format!(
                "its command still has the placeholder {name}: it was registered without its code bundle. Register \
                 it again."
            ));
        }
        Ok(self.named.iter().find(|(known, _)| *known == lower).map(|(_, value)| value.as_str().into()))
    }
}

/// The name in the placeholder that `text` begins with (`{{ .name }}` or `{{ $name }}`), and what follows it.
fn placeholder(text: &str) -> Option<(&str, &str)> {
    let (inner, after) = text.strip_prefix("{{")?.split_once("}}")?;
    let name = inner.trim().strip_prefix(['.', '$'])?;
    let plain = !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '{' || c == '}');
    plain.then_some((name, after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::idl::core::{Literal, Primitive, Scalar, literal, primitive, scalar};

    fn values() -> Values {
        let primitive = Primitive { value: Some(primitive::Value::Integer(5)) };
        let scalar = Scalar { value: Some(scalar::Value::Primitive(primitive)) };
        let five = Literal { value: Some(literal::Value::Scalar(Box::new(scalar))), ..Default::default() };
        Values {
            named: vec![("input", "/i.pb".into()), ("outputprefix", "/{{.input}}".into())],
            inputs: LiteralMap { literals: [("n".to_owned(), five)].into() },
        }
    }

    #[test]
    fn placeholders_are_replaced() {
        for (argument, expected) in [
            ("{{.input}}", "/i.pb"),
            ("a={{ $INPUT }}, {{.Inputs.n}}!", "a=/i.pb, 5!"),
            ("{{.outputPrefix}}", "/{{.input}}"),
            ("{{{.input}}", "{/i.pb"),
            ("{{.unknown}} {{input}} {{ .a b }} {{", "{{.unknown}} {{input}} {{ .a b }} {{"),
            ("no", "no"),
        ] {
            assert_eq!(values().render(argument).unwrap(), expected, "{argument}");
        }
    }

    #[test]
    fn what_cannot_be_replaced_is_an_error() {
        assert!(values().render("{{.inputs.N}}").unwrap_err().contains("the input N"));
        let error = values().render("{{ .remote_package_path }}").unwrap_err();
        assert!(error.contains("Register it again"), "{error}");
    }
}
