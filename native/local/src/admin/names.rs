//! Names that the server chooses.

use tonic::Status;

use crate::failure::Outcome;

/// What Kubernetes makes random names of: no vowels and nothing that looks like another character.
const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// The length of an execution's name, as FlyteAdmin chooses it.
const EXECUTION: usize = 20;

/// A random name of `length` characters.
pub fn random(length: usize) -> Outcome<String> {
    let mut name = String::with_capacity(length);
    let mut bytes = [0; 64];
    while name.len() < length {
        getrandom::fill(&mut bytes)
            .map_err(|error| Status::internal(format!("no random numbers: {error}")))?;
        // What is past the last whole multiple would make the first characters likelier.
        let even = bytes.iter().filter(|byte| usize::from(**byte) < 256 / ALPHABET.len() * ALPHABET.len());
        let characters = even.map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]));
        name.extend(characters.take(length - name.len()));
    }
    Ok(name)
}

/// A name for an execution: a letter first, as execution names must begin.
pub fn execution() -> Outcome<String> {
    Ok(format!("a{}", random(EXECUTION - 1)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_their_length_and_differ() {
        assert_eq!(random(100).unwrap().len(), 100);
        let name = execution().unwrap();
        assert_eq!(name.len(), 20);
        assert!(name.starts_with('a') && name.bytes().skip(1).all(|byte| ALPHABET.contains(&byte)));
        assert_ne!(name, execution().unwrap());
    }
}
