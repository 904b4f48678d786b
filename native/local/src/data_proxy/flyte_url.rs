use crate::idl::core::{NodeExecutionIdentifier, WorkflowExecutionIdentifier};

/// What of a node or task execution a URL names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Artifact {
    Inputs,
    Outputs,
    Deck,
}

/// `flyte://v1/<project>/<domain>/<execution>/<node>[/<attempt>]/<i|o|d>[/<name>]`, taken apart.
#[derive(Debug, PartialEq)]
pub struct FlyteUrl {
    pub node: NodeExecutionIdentifier,
    /// The attempt of its task; none for the node itself.
    pub attempt: Option<u32>,
    pub artifact: Artifact,
    /// One input or output; none for all.
    pub name: Option<String>,
}

impl FlyteUrl {
    /// None when `url` has another form.
    pub fn parse(url: &str) -> Option<Self> {
        let parts: Vec<&str> = url.strip_prefix("flyte://v1/")?.split('/').collect();
        let plain = |part: &&str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
        };
        if !parts.iter().all(plain) {
            return None;
        }
        let (head, rest) = parts.split_at_checked(4)?;
        // An attempt is a number and an artifact a letter, so they cannot be taken for each other.
        let (attempt, rest) = match rest.first().and_then(|part| part.parse::<u32>().ok()) {
            Some(attempt) => (Some(attempt), &rest[1..]),
            None => (None, rest),
        };
        let (artifact, name) = match rest {
            ["i"] => (Artifact::Inputs, None),
            ["o"] => (Artifact::Outputs, None),
            ["d"] => (Artifact::Deck, None),
            ["i", name] => (Artifact::Inputs, Some((*name).to_owned())),
            ["o", name] => (Artifact::Outputs, Some((*name).to_owned())),
            _ => return None,
        };
        let execution = WorkflowExecutionIdentifier {
            project: head[0].into(),
            domain: head[1].into(),
            name: head[2].into(),
            org: String::new(),
        };
        let node = NodeExecutionIdentifier { node_id: head[3].into(), execution_id: Some(execution) };
        Some(Self { node, attempt, artifact, name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_nodes_and_attempts() {
        let outputs = FlyteUrl::parse("flyte://v1/p/d/exec/n0-0-n0/1/o").unwrap();
        assert_eq!((outputs.attempt, outputs.artifact, outputs.name), (Some(1), Artifact::Outputs, None));
        assert_eq!(outputs.node.node_id, "n0-0-n0");
        let input = FlyteUrl::parse("flyte://v1/p/d/exec/n0/i/a").unwrap();
        assert_eq!((input.attempt, input.artifact, input.name), (None, Artifact::Inputs, Some("a".into())));
        assert_eq!(FlyteUrl::parse("flyte://v1/p/d/exec/n0/d").unwrap().artifact, Artifact::Deck);
    }

    #[test]
    fn other_forms_are_refused() {
        for url in [
            "flyte://v1/x",
            "http://x",
            "flyte://v1/p/d/e/n/x",
            "flyte://v1/p/d/e/n/d/name",
            "flyte://v1/p//e/n/i",
        ] {
            assert_eq!(FlyteUrl::parse(url), None, "{url}");
        }
    }
}
