//! Scalars as exact text.

use time::{Date, Time, UtcDateTime};

/// A double: the shortest text that reads back as the same number; `NaN`, `Infinity` and `-Infinity` as protobuf's
/// JSON names them.
pub(super) fn float(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else {
        format!("{number:?}")
    }
}

/// A number of a Struct. Struct has only doubles, so an integral one that a double holds exactly is shown as the integer
/// that was most likely meant.
pub(super) fn struct_number(number: f64) -> String {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() <= EXACT && !(number == 0.0 && number.is_sign_negative()) {
        format!("{number:.0}")
    } else {
        float(number)
    }
}

/// A `google.protobuf.Timestamp` as RFC 3339 in UTC with 0, 3, 6 or 9 decimals. A time outside the years 1 to 9999,
/// which no Timestamp may hold, is given as its seconds since the epoch.
pub(super) fn datetime(seconds: i64, nanos: i32) -> String {
    let Ok(instant) = UtcDateTime::from_unix_timestamp(seconds) else {
        return format!("{seconds}s since 1970-01-01T00:00:00Z");
    };
    let (date, time): (Date, Time) = (instant.date(), instant.time());
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}Z",
        date.year(),
        u8::from(date.month()),
        date.day(),
        time.hour(),
        time.minute(),
        time.second(),
        decimals(nanos.unsigned_abs()),
    )
}

/// A `google.protobuf.Duration` in seconds, as protobuf's JSON writes it: `-1.500s`.
pub(super) fn duration(seconds: i64, nanos: i32) -> String {
    let sign = if seconds < 0 || nanos < 0 { "-" } else { "" };
    format!("{sign}{}{}s", seconds.unsigned_abs(), decimals(nanos.unsigned_abs()))
}

fn decimals(nanos: u32) -> String {
    match nanos {
        0 => String::new(),
        _ if nanos.is_multiple_of(1_000_000) => format!(".{:03}", nanos / 1_000_000),
        _ if nanos.is_multiple_of(1_000) => format!(".{:06}", nanos / 1_000),
        _ => format!(".{nanos:09}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_read_back_as_themselves() {
        for number in [0.1, 1.0, -0.0, 1e300, 5e-324, f64::MAX, std::f64::consts::PI] {
            assert_eq!(float(number).parse::<f64>().map(f64::to_bits), Ok(number.to_bits()));
        }
        assert_eq!(float(f64::NAN), "NaN");
        assert_eq!(float(f64::NEG_INFINITY), "-Infinity");
    }

    #[test]
    fn integral_struct_numbers_are_shown_as_integers() {
        assert_eq!(struct_number(3.0), "3");
        assert_eq!(struct_number(-3.5), "-3.5");
        assert_eq!(struct_number(-0.0), "-0.0");
        assert_eq!(struct_number(1e300), "1e300");
    }

    #[test]
    fn datetimes_keep_their_nanoseconds() {
        assert_eq!(datetime(0, 0), "1970-01-01T00:00:00Z");
        assert_eq!(datetime(1_704_164_645, 123_456_789), "2024-01-02T03:04:05.123456789Z");
        assert_eq!(datetime(-1, 500_000_000), "1969-12-31T23:59:59.500Z");
        assert_eq!(datetime(-62_135_596_800, 0), "0001-01-01T00:00:00Z");
        assert_eq!(datetime(i64::MAX, 0), "9223372036854775807s since 1970-01-01T00:00:00Z");
    }

    #[test]
    fn durations_have_one_sign() {
        assert_eq!(duration(5400, 0), "5400s");
        assert_eq!(duration(-1, -500_000_000), "-1.500s");
        assert_eq!(duration(0, -1_000), "-0.000001s");
        assert_eq!(duration(i64::MIN, 0), "-9223372036854775808s");
    }
}
