//! Which things of a plan need which others, by their positions in it.

use std::collections::BTreeSet;

/// A graph of needs. Positions outside of it are ignored.
#[derive(Debug)]
pub(crate) struct Graph {
    needs: Vec<BTreeSet<usize>>,
    dependants: Vec<Vec<usize>>,
}

impl Graph {
    /// `needs[i]` are the positions that `i` needs, in any order, repeated or not.
    pub(crate) fn new(needs: impl IntoIterator<Item = Vec<usize>>) -> Self {
        let mut needs: Vec<BTreeSet<usize>> = needs.into_iter().map(BTreeSet::from_iter).collect();
        let count = needs.len();
        let mut dependants = vec![Vec::new(); count];
        for (position, needed) in needs.iter_mut().enumerate() {
            needed.retain(|&other| other < count);
            for &other in needed.iter() {
                if let Some(dependants) = dependants.get_mut(other) {
                    dependants.push(position);
                }
            }
        }
        Self { needs, dependants }
    }

    /// How many others each position needs.
    pub(crate) fn need_counts(&self) -> Vec<usize> {
        self.needs.iter().map(BTreeSet::len).collect()
    }

    /// Those that need `position` directly, in their order.
    pub(crate) fn dependants(&self, position: usize) -> &[usize] {
        self.dependants.get(position).map_or(&[], Vec::as_slice)
    }

    /// Those of `among` that need each other in a ring, each needing the next and the last the first. `None` when
    /// there is no ring. The same graph gives the same ring.
    pub(crate) fn ring(&self, among: &BTreeSet<usize>) -> Option<Vec<usize>> {
        // Peel off, again and again, what needs nothing that is left: the rest is in a ring or needs one.
        let mut left = among.clone();
        loop {
            let free: Vec<usize> =
                left.iter().copied().filter(|&one| self.next_of(one, &left).is_none()).collect();
            if free.is_empty() {
                break;
            }
            for one in free {
                left.remove(&one);
            }
        }
        // Everything left needs something left, so a walk along the needs must come back to where it has been.
        let mut walk = vec![*left.first()?];
        loop {
            let next = self.next_of(*walk.last()?, &left)?;
            if let Some(start) = walk.iter().position(|&seen| seen == next) {
                return Some(walk.split_off(start));
            }
            walk.push(next);
        }
    }

    fn next_of(&self, position: usize, among: &BTreeSet<usize>) -> Option<usize> {
        self.needs.get(position)?.iter().copied().find(|other| among.contains(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(graph: &Graph) -> BTreeSet<usize> {
        (0..graph.need_counts().len()).collect()
    }

    #[test]
    fn needs_are_counted_once_and_those_outside_are_ignored() {
        let graph = Graph::new([vec![], vec![0, 0, 7], vec![1, 0]]);
        assert_eq!(graph.need_counts(), [0, 1, 2]);
        assert_eq!(graph.dependants(0), [1, 2]);
        assert_eq!(graph.dependants(1), [2]);
        assert!(graph.dependants(2).is_empty());
        assert!(graph.dependants(99).is_empty());
    }

    #[test]
    fn a_graph_in_which_everything_can_be_ordered_has_no_ring() {
        let graph = Graph::new([vec![1, 2], vec![2], vec![], vec![0, 1, 2]]);
        assert_eq!(graph.ring(&all(&graph)), None);
        assert_eq!(graph.ring(&BTreeSet::new()), None);
    }

    #[test]
    fn a_ring_is_found_without_those_that_lead_into_it_or_out_of_it() {
        // 0 needs the ring 1 → 2 → 3 → 1, which needs 4.
        let graph = Graph::new([vec![1], vec![2, 4], vec![3], vec![1, 4], vec![]]);
        assert_eq!(graph.ring(&all(&graph)), Some(vec![1, 2, 3]));
        assert_eq!(graph.ring(&BTreeSet::from([0, 1, 2, 4])), None, "a ring that is not all there is none");
    }

    #[test]
    fn what_needs_itself_is_a_ring() {
        let graph = Graph::new([vec![], vec![0, 1]]);
        assert_eq!(graph.ring(&all(&graph)), Some(vec![1]));
    }
}
