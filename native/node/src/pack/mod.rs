//! Lists and trees on their way to JavaScript.
//!
//! Making an object with its properties through Node-API takes 3 µs a row, all of it on the event loop's thread. Packed,
//! a page is two arrays, filled on tokio's threads, from which JavaScript makes its objects twenty times faster. Texts
//! that repeat, as most columns of a list do, cross once.

mod rows;
mod values;

use std::collections::HashMap;

use napi::bindgen_prelude::Float64Array;
use napi_derive::napi;

use crate::names::Named;

/// A list or a tree: its fields one after the other, as `src/flyte/unpack.ts` reads them.
#[napi(object, object_from_js = false)]
pub struct Packed {
    /// All texts, each once.
    pub texts: Vec<String>,
    /// The fields: numbers as they are, flags as 0 and 1, texts as their place in `texts`, what is absent as NaN.
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
    let mut packer = Packer::default();
    content.pack(&mut packer);
    packer.finish()
}

/// A list under way.
#[derive(Default)]
pub(crate) struct Packer {
    places: HashMap<String, usize>,
    cells: Vec<f64>,
}

impl Packer {
    fn text(&mut self, text: String) {
        let next = self.places.len();
        let place = *self.places.entry(text).or_insert(next);
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
        let mut texts: Vec<(usize, String)> =
            self.places.into_iter().map(|(text, place)| (place, text)).collect();
        texts.sort_unstable_by_key(|(place, _)| *place);
        Packed {
            texts: texts.into_iter().map(|(_, text)| text).collect(),
            cells: Float64Array::new(self.cells),
        }
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
        let Packed { texts, cells } = packed(Page { rows, next_token: Some("2".to_owned()) });
        assert_eq!(texts, ["2", "v2", "() -> ()", "v1"]);
        let absent = f64::NAN;
        let expected = [0.0, 2.0, 1.0, 1_700_000_000_123.0, 2.0, 1.0, 3.0, absent, 2.0, absent];
        assert_eq!(cells.iter().map(|cell| cell.to_bits()).collect::<Vec<_>>(), expected.map(f64::to_bits));
    }

    #[test]
    fn a_last_page_without_rows() {
        let Packed { texts, cells } = packed(Page::<VersionRow> { rows: Vec::new(), next_token: None });
        assert!(texts.is_empty());
        assert!(cells[0].is_nan());
        assert_eq!(cells[1..], [0.0]);
    }
}
