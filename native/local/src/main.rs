//! The embedded Flyte.

fn main() {}
