//! The Flyte runtime: everything that is Flyte's protocol, for any host language.

pub mod values;
pub mod wire;
