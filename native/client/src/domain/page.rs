/// Which part of a list is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// Rows wanted, at least 1: FlyteAdmin refuses 0 nearly everywhere.
    pub limit: u32,
    /// [`Page::next_token`] of the page before; empty for the first page.
    pub token: String,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<Row> {
    /// The rows, in the list's order.
    pub rows: Vec<Row>,
    /// Where the next page starts; `None` on the last page. FlyteAdmin also gives one after a last page that is
    /// exactly full: the page after it is empty.
    pub next_token: Option<String>,
}
