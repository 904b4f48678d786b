use std::cmp::Ordering;
use std::iter::Peekable;
use std::str::Chars;

/// Orders names as people count: runs of digits compare as numbers, the rest by character, so `o2` is before `o10`.
/// Names that differ only by leading zeros keep a total order by length.
pub(crate) fn natural(left: &str, right: &str) -> Ordering {
    let (mut a, mut b) = (left.chars().peekable(), right.chars().peekable());
    loop {
        match (a.peek().copied(), b.peek().copied()) {
            (None, None) => return left.len().cmp(&right.len()).then_with(|| left.cmp(right)),
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let (x, y) = (digits(&mut a), digits(&mut b));
                let order = x.len().cmp(&y.len()).then_with(|| x.cmp(&y));
                if order.is_ne() {
                    return order;
                }
            }
            (Some(x), Some(y)) if x != y => return x.cmp(&y),
            _ => {
                a.next();
                b.next();
            }
        }
    }
}

/// Takes a run of digits, without its leading zeros.
fn digits(chars: &mut Peekable<Chars<'_>>) -> String {
    let mut run = String::new();
    while let Some(digit) = chars.next_if(char::is_ascii_digit) {
        if digit != '0' || !run.is_empty() {
            run.push(digit);
        }
    }
    run
}

#[cfg(test)]
mod tests {
    use super::natural;

    #[test]
    fn numbers_in_names_count() {
        let mut names = ["o10", "o2", "o1", "a", "o", "b10x2", "b10x10", "b2", "o02"];
        names.sort_by(|left, right| natural(left, right));
        assert_eq!(names, ["a", "b2", "b10x2", "b10x10", "o", "o1", "o2", "o02", "o10"]);
    }

    #[test]
    fn runs_of_any_length_are_compared() {
        assert!(natural("x99999999999999999999999", "x100000000000000000000000").is_lt());
    }
}
