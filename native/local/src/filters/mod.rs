//! The language of FlyteAdmin's lists: filters such as `eq(phase,FAILED)+contains(workflow.name,main)`, sort keys, and
//! page tokens that are decimal offsets.

mod columns;
mod grammar;
mod paging;

pub use columns::Table;
pub use grammar::{Condition, parse};
pub use paging::{Order, Page, next_token, offset, order};
