use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::errors::{Code, Errors};
use super::{END, START};
use crate::idl::core::{ConnectionSet, connection_set::IdList};

/// Which nodes wait for which.
#[derive(Debug, Default)]
pub struct Graph {
    upstream: BTreeMap<String, BTreeSet<String>>,
    downstream: BTreeMap<String, BTreeSet<String>>,
}

/// Where a binding's edge is written down. A node inside a branch waits for what it needs, but nothing runs after it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Both,
    Upstream,
}

impl Graph {
    /// Says that `to` waits for `from`; an empty `from` is the start.
    pub fn add(&mut self, from: &str, to: &str, direction: Direction) {
        let from = if from.is_empty() { START } else { from };
        self.upstream.entry(to.into()).or_default().insert(from.into());
        if direction == Direction::Both {
            self.downstream.entry(from.into()).or_default().insert(to.into());
        }
    }

    /// Lets a node without inputs follow the start, and the end follow a node that nothing waits for.
    pub fn connect(&mut self, node: &str) {
        if !self.upstream.contains_key(node) {
            self.add(START, node, Direction::Both);
        }
        if !self.downstream.contains_key(node) {
            self.add(node, END, Direction::Both);
        }
    }

    /// Finds a cycle among what the start leads to or, when there is none, those of `nodes` it does not lead to.
    pub fn check<'a>(&self, nodes: impl ExactSizeIterator<Item = &'a String>, errors: &mut Errors) {
        let (visited, cycle) = self.walk();
        if let Some(cycle) = cycle {
            errors.add(
                Code::CycleDetected,
                START,
                format_args!(
                    "A cycle has been detected while traversing the Workflow [{}].",
                    cycle.join(">")
                ),
            );
            return;
        }
        // Edges may lead to names that are no nodes, so the compiler looks at the numbers first.
        if visited.len() == nodes.len() {
            return;
        }
        let mut missed: Vec<&str> =
            nodes.map(String::as_str).filter(|node| !visited.contains(node) && *node != END).collect();
        if !missed.is_empty() {
            missed.sort_unstable();
            errors.add(
                Code::UnreachableNodes,
                START,
                format_args!("The Workflow contain unreachable nodes [{}].", missed.join(",")),
            );
        }
    }

    /// All that the start leads to, up to the first cycle; and that cycle, as the way from the start into it.
    fn walk(&self) -> (BTreeSet<&str>, Option<Vec<&str>>) {
        let next = |node: &str| self.downstream.get(node).into_iter().flatten();
        let mut visited = BTreeSet::from([START]);
        // The nodes on the way, each with what is left to follow from it.
        let mut way = vec![(START, next(START))];
        while let Some((_, rest)) = way.last_mut() {
            let Some(node) = rest.next() else {
                way.pop();
                continue;
            };
            if visited.insert(node) {
                way.push((node, next(node)));
            } else if way.iter().any(|(before, _)| before == node) {
                let cycle = way.iter().map(|(before, _)| *before).chain([node.as_str()]).collect();
                return (visited, Some(cycle));
            }
        }
        (visited, None)
    }
}

impl From<Graph> for ConnectionSet {
    fn from(graph: Graph) -> Self {
        let lists = |edges: BTreeMap<String, BTreeSet<String>>| -> HashMap<String, IdList> {
            edges.into_iter().map(|(node, ids)| (node, IdList { ids: ids.into_iter().collect() })).collect()
        };
        Self { downstream: lists(graph.downstream), upstream: lists(graph.upstream) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(edges: &[(&str, &str)], nodes: &[&str]) -> String {
        let mut graph = Graph::default();
        for (from, to) in edges {
            graph.add(from, to, Direction::Both);
        }
        let nodes: Vec<String> = [START, END].iter().chain(nodes).map(|node| (*node).into()).collect();
        let mut errors = Errors::default();
        graph.check(nodes.iter(), &mut errors);
        errors.to_string()
    }

    #[test]
    fn a_cycle_is_told_as_the_way_into_it() {
        let found = checked(&[("", "n50"), ("n50", "n51"), ("n51", "n50")], &["n50", "n51"]);
        assert!(found.contains("[start-node>n50>n51>n50]"), "{found}");
    }

    #[test]
    fn what_the_start_does_not_lead_to_is_named() {
        let found = checked(&[("", "n1"), ("n1", END), ("n0", "n0")], &["n0", "n1"]);
        assert!(found.contains("unreachable nodes [n0]"), "{found}");
    }

    #[test]
    fn a_wide_graph_is_fine() {
        let edges = [("", "a"), ("", "b"), ("a", "c"), ("b", "c"), ("c", END)];
        assert_eq!(checked(&edges, &["a", "b", "c"]), "Collected Errors: 0\n");
    }
}
