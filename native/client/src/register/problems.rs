use crate::domain::CompileProblem;

/// Takes apart the text in which FlyteAdmin collects compile errors: `Collected Errors: N`, then for each a line
/// `\tError 0: Code: MismatchingTypes, Node Id: n0, Description: …`, whose description may go on over more lines.
/// Gives none for any other text.
pub(super) fn parse(message: &str) -> Vec<CompileProblem> {
    let mut problems: Vec<CompileProblem> = Vec::new();
    let Some((_, errors)) = message.split_once("Collected Errors: ") else { return problems };
    for line in errors.lines().skip(1) {
        if let Some(problem) = start(line) {
            problems.push(problem);
        } else if let Some(last) = problems.last_mut() {
            last.description.push('\n');
            last.description.push_str(line);
        }
    }
    for problem in &mut problems {
        problem.description.truncate(problem.description.trim_end().len());
    }
    problems
}

/// The problem that starts in this line.
fn start(line: &str) -> Option<CompileProblem> {
    let (number, rest) = line.trim_start().strip_prefix("Error ")?.split_once(": ")?;
    number.parse::<u32>().ok()?;
    let (code, rest) = rest.strip_prefix("Code: ")?.split_once(", Node Id: ")?;
    let (node, description) = rest.split_once(", Description: ")?;
    Some(CompileProblem { node: node.to_owned(), code: code.to_owned(), description: description.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(node: &str, code: &str, description: &str) -> CompileProblem {
        CompileProblem { node: node.into(), code: code.into(), description: description.into() }
    }

    #[test]
    fn each_error_becomes_a_problem() {
        let text = "failed to compile workflow for [resource_type:WORKFLOW  name:\"rec\"] with err: Collected Errors: 2\n\
                    \tError 0: Code: NodeReferenceNotFound, Node Id: n99, Description: Referenced node [n99] not found.\n\
                    \tError 1: Code: ParameterNotBound, Node Id: n0, Description: Parameter not bound [a].\n";
        assert_eq!(
            parse(text),
            [
                problem("n99", "NodeReferenceNotFound", "Referenced node [n99] not found."),
                problem("n0", "ParameterNotBound", "Parameter not bound [a]."),
            ]
        );
    }

    #[test]
    fn a_description_may_hold_commas_and_go_on_over_lines() {
        let text = "Collected Errors: 2\n\
                    \tError 0: Code: A, Node Id: n0, Description: first, Description: still\nmore\n\n\
                    \tError 1: Code: B, Node Id: n1, Description: second\n";
        assert_eq!(
            parse(text),
            [problem("n0", "A", "first, Description: still\nmore"), problem("n1", "B", "second")]
        );
    }

    #[test]
    fn other_messages_hold_no_problems() {
        assert!(parse("").is_empty());
        assert!(parse("missing entity of type TASK with identifier name:\"none\"").is_empty());
        assert!(parse("Collected Errors: 1\nsomething else").is_empty());
    }

    /// Every compile error in the recordings of a real FlyteAdmin.
    #[test]
    fn the_recorded_compile_errors_are_taken_apart() {
        let recordings =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../test/fixtures/recordings/2-registration.jsonl");
        let text = std::fs::read_to_string(recordings).unwrap();
        let mut codes = Vec::new();
        for line in text.lines() {
            let call: serde_json::Value = serde_json::from_str(line).unwrap();
            let message = call["status"]["message"].as_str().unwrap_or_default();
            let Some((_, counted)) = message.split_once("Collected Errors: ") else {
                assert!(parse(message).is_empty(), "{message}");
                continue;
            };
            let count: usize = counted.lines().next().unwrap().parse().unwrap();
            let problems = parse(message);
            assert_eq!(problems.len(), count, "{message}");
            for problem in problems {
                assert!(!problem.node.is_empty() && !problem.description.is_empty(), "{problem:?}");
                codes.push(problem.code);
            }
        }
        codes.sort();
        codes.dedup();
        assert_eq!(
            codes,
            [
                "BranchNodeHasNoDefault",
                "CycleDetected",
                "MismatchingTypes",
                "NoNodesFound",
                "NodeReferenceNotFound",
                "ParameterNotBound",
                "UnreachableNodes",
                "ValueRequired",
                "VariableNameNotFound",
            ]
        );
    }
}
