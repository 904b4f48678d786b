//! Lists and trees on their way to JavaScript.
//!
//! Making an object with its properties through Node-API takes 3 µs a row, all of it on the event loop's thread. Packed,
//! a page is a text and two arrays, filled on tokio's threads, from which JavaScript makes its objects twenty times
//! faster. Texts that repeat, as most columns of a list do, cross once.

mod rows;
mod values;

use indexmap::IndexSet;
use napi::bindgen_prelude::{Float64Array, Uint32Array};
use napi_derive::napi;
use rustc_hash::FxBuildHasher;

use crate::names::Named;

/// The place of the empty text. It is not looked up: it is the most frequent of all, and comparing two empty texts is slow
/// with a C library that reads at their pointers, which lead nowhere (80 ns instead of 2, glibc on an AMD EPYC).
const EMPTY: usize = 0;

/// A list or a tree: its fields one after the other, as `src/flyte/unpack.ts` reads them.
#[napi(object, object_from_js = false)]
pub struct Packed {
    /// All texts, each once, without anything between them: one string is made much faster than a thousand.
    pub texts: String,
    /// Where each of the texts ends, counted as JavaScript does, in UTF-16 code units.
    #[napi(ts_type = "Uint32Array")]
    pub ends: Uint32Array,
    /// The fields: numbers as they are, flags as 0 and 1, texts as their place among the texts, what is absent as NaN.
    #[napi(ts_type = "Float64Array")]
    pub cells: Float64Array,
}

/// What can cross packed.
pub(crate) trait Pack {
    /// Writes its fields, in the order in which they are read.
    fn pack(self, to: &mut Packer);
}

/// Packs one thing.
pub(crate) fn packed(content: impl Pack) -> Packed {
    let mut packer = Packer::new();
    content.pack(&mut packer);
    packer.finish()
}

/// A list under way.
pub(crate) struct Packer {
    /// With a hash that is quick rather than safe from being made to collide: what is packed at once is bounded.
    texts: IndexSet<String, FxBuildHasher>,
    cells: Vec<f64>,
}

impl Packer {
    fn new() -> Self {
        Self { texts: IndexSet::from_iter([String::new()]), cells: Vec::new() }
    }

    fn text(&mut self, text: String) {
        let place = if text.is_empty() { EMPTY } else { self.texts.insert_full(text).0 };
        self.cells.push(place as f64);
    }

    fn name(&mut self, value: impl Named) {
        self.text(value.name().to_owned());
    }

    fn number(&mut self, number: u64) {
        self.cells.push(number as f64);
    }

    fn flag(&mut self, flag: bool) {
        self.cells.push(f64::from(u8::from(flag)));
    }

    fn milliseconds(&mut self, time: Option<i64>) {
        self.cells.push(time.map_or(f64::NAN, |time| time as f64));
    }

    fn absent(&mut self) {
        self.cells.push(f64::NAN);
    }

    /// How many there are, then each.
    fn list(&mut self, items: Vec<impl Pack>) {
        self.number(items.len() as u64);
        for item in items {
            item.pack(self);
        }
    }

    /// Whether there is one, then the one.
    fn option(&mut self, item: Option<impl Pack>) {
        self.flag(item.is_some());
        if let Some(item) = item {
            item.pack(self);
        }
    }

    fn finish(self) -> Packed {
        let mut texts = String::with_capacity(self.texts.iter().map(String::len).sum());
        let mut ends = Vec::with_capacity(self.texts.len());
        let mut end = 0;
        for text in &self.texts {
            texts.push_str(text);
            end += if text.is_ascii() { text.len() } else { text.encode_utf16().count() } as u32;
            ends.push(end);
        }
        Packed { texts, ends: Uint32Array::new(ends), cells: Float64Array::new(self.cells) }
    }
}

#[cfg(test)]
mod tests {
    use flyte_client::domain::{Page, VersionRow};

    use super::*;

    #[test]
    fn texts_cross_once_and_what_is_absent_is_nan() {
        let row = |version: &str, created_at, active| VersionRow {
            version: version.to_owned(),
            created_at,
            signature: "() -> ()".to_owned(),
            active,
        };
        let rows = vec![row("v2", Some(1_700_000_000_123), Some(true)), row("v1", None, None)];
        let Packed { texts, ends, cells } = packed(Page { rows, next_token: Some("2".to_owned()) });
        assert_eq!(texts, "2v2() -> ()v1");
        assert_eq!(*ends, [0, 1, 3, 11, 13]);
        let absent = f64::NAN;
        let expected = [1.0, 2.0, 2.0, 1_700_000_000_123.0, 3.0, 1.0, 4.0, absent, 3.0, absent];
        assert_eq!(cells.iter().map(|cell| cell.to_bits()).collect::<Vec<_>>(), expected.map(f64::to_bits));
    }

    #[test]
    fn texts_end_where_javascript_counts() {
        let mut packer = Packer::new();
        for text in ["é", "😀", "", "a\0b", "😀"] {
            packer.text(text.to_owned());
        }
        let Packed { texts, ends, cells } = packer.finish();
        assert_eq!(texts, "é😀a\0b");
        assert_eq!(*ends, [0, 1, 3, 6]);
        assert_eq!(*cells, [1.0, 2.0, 0.0, 3.0, 2.0]);
    }

    #[test]
    fn a_last_page_without_rows() {
        let Packed { texts, ends, cells } = packed(Page::<VersionRow> { rows: Vec::new(), next_token: None });
        assert_eq!((&*texts, &*ends), ("", &[0][..]));
        assert!(cells[0].is_nan());
        assert_eq!(cells[1..], [0.0]);
    }
}
