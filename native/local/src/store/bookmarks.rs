use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use rusqlite::types::Value;

/// How many are kept: enough for several lists that are being paged through at once.
const KEPT: usize = 32;

/// Where pages of lists ended. A token is an offset, and SQLite counts rows one by one: from the end of the page before,
/// a page far behind in a long list costs no more than the first.
#[derive(Default)]
pub struct Bookmarks {
    latest_last: Mutex<VecDeque<Bookmark>>,
}

/// A place in a list.
pub struct Bookmark {
    pub list: List,
    /// How many rows are before it.
    pub offset: u64,
    /// What the list is sorted by, in the last of them.
    pub key: Vec<Value>,
}

/// A list of rows, whole.
#[derive(Clone, PartialEq)]
pub struct List {
    /// The state of the database that it is of: in another one, other rows are before a place.
    pub state: u64,
    /// The SELECT, without a page's limit and offset.
    pub sql: String,
    /// The values of its marks.
    pub values: Vec<Value>,
}

impl Bookmarks {
    /// The offset and key of the last bookmark in a list that is not behind `offset`.
    pub fn find(&self, list: &List, offset: u64) -> Option<(u64, Vec<Value>)> {
        let kept = self.latest_last.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter()
            .filter(|kept| kept.offset <= offset && kept.list == *list)
            .max_by_key(|kept| kept.offset)
            .map(|kept| (kept.offset, kept.key.clone()))
    }

    /// Keeps a bookmark; the oldest one goes when they are too many.
    pub fn put(&self, bookmark: Bookmark) {
        let mut kept = self.latest_last.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|kept| kept.offset != bookmark.offset || kept.list != bookmark.list);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(bookmark);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(state: u64, sql: &str) -> List {
        List { state, sql: sql.into(), values: vec![Value::Integer(7)] }
    }

    fn put(bookmarks: &Bookmarks, list: List, offset: u64) {
        let key = vec![Value::Integer(i64::try_from(offset).unwrap())];
        bookmarks.put(Bookmark { list, offset, key });
    }

    fn found(bookmarks: &Bookmarks, list: &List, offset: u64) -> Option<u64> {
        bookmarks.find(list, offset).map(|(offset, _)| offset)
    }

    #[test]
    fn the_nearest_before_is_found_in_the_same_list_only() {
        let bookmarks = Bookmarks::default();
        for offset in [10, 30, 20] {
            put(&bookmarks, list(4, "a"), offset);
        }
        assert_eq!(bookmarks.find(&list(4, "a"), 29), Some((20, vec![Value::Integer(20)])));
        assert_eq!(found(&bookmarks, &list(4, "a"), 30), Some(30));
        assert_eq!(found(&bookmarks, &list(4, "a"), 9), None);
        assert_eq!(found(&bookmarks, &list(6, "a"), 29), None, "something was written since");
        assert_eq!(found(&bookmarks, &list(4, "b"), 29), None);
        let others = List { values: vec![Value::Integer(8)], ..list(4, "a") };
        assert_eq!(found(&bookmarks, &others, 29), None);
    }

    #[test]
    fn the_oldest_go() {
        let bookmarks = Bookmarks::default();
        put(&bookmarks, list(0, "a"), 1);
        for _ in 0..2 * KEPT {
            put(&bookmarks, list(0, "b"), 1);
        }
        assert_eq!(found(&bookmarks, &list(0, "a"), 1), Some(1), "the same place takes no further room");
        for offset in 0..KEPT {
            put(&bookmarks, list(0, "c"), offset as u64);
        }
        assert_eq!(found(&bookmarks, &list(0, "a"), 1), None);
        assert_eq!(found(&bookmarks, &list(0, "c"), 0), Some(0));
    }
}
