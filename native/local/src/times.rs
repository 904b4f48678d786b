//! Points in time and durations: protobuf's messages on the wire, whole nanoseconds in the database.

use std::time::{SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::idl::{Duration, Timestamp};

const NANOS: i64 = 1_000_000_000;

/// The time now, in nanoseconds since the epoch.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

/// Nanoseconds since the epoch as a message.
pub fn timestamp(nanos: i64) -> Timestamp {
    Timestamp { seconds: nanos.div_euclid(NANOS), nanos: nanos.rem_euclid(NANOS) as i32 }
}

/// A message as nanoseconds since the epoch; out of range saturates.
pub fn nanos(time: &Timestamp) -> i64 {
    time.seconds.saturating_mul(NANOS).saturating_add(i64::from(time.nanos))
}

/// Nanoseconds as a duration message.
pub fn duration(nanos: i64) -> Duration {
    Duration { seconds: nanos / NANOS, nanos: (nanos % NANOS) as i32 }
}

/// The time from one point to another; negative when they are the other way round.
pub fn between(start: &Timestamp, end: &Timestamp) -> Duration {
    duration(nanos(end).saturating_sub(nanos(start)))
}

/// A duration message in nanoseconds; out of range saturates.
pub fn duration_nanos(duration: &Duration) -> i64 {
    duration.seconds.saturating_mul(NANOS).saturating_add(i64::from(duration.nanos))
}

/// An RFC 3339 time, as filters write it, in nanoseconds since the epoch.
pub fn parse_time(text: &str) -> Option<i64> {
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(time.unix_timestamp_nanos()).ok()
}

/// A duration in nanoseconds, as filters write it: a number of seconds, or Go's form such as `1h2m3.5s`.
pub fn parse_duration(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse::<f64>() {
        return Some((seconds * NANOS as f64) as i64);
    }
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest.is_empty() {
        return None;
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        total += number
            * match &rest[..unit] {
                "ns" => 1.0,
                "us" | "µs" | "μs" => 1e3,
                "ms" => 1e6,
                "s" => 1e9,
                "m" => 60e9,
                "h" => 3600e9,
                _ => return None,
            };
        rest = &rest[unit..];
    }
    Some((sign * total) as i64)
}

/// A duration as Go prints it: `277h46m39s`, `1m0s`, `1.5s`.
pub fn go_duration(duration: &Duration) -> String {
    let whole = duration.seconds.unsigned_abs();
    let mut seconds = format!("{}", whole % 60);
    if duration.nanos != 0 {
        let fraction = format!("{:09}", duration.nanos.unsigned_abs());
        seconds = format!("{seconds}.{}", fraction.trim_end_matches('0'));
    }
    let sign = if duration.seconds < 0 { "-" } else { "" };
    match (whole / 3600, whole / 60 % 60) {
        (0, 0) => format!("{sign}{seconds}s"),
        (0, minutes) => format!("{sign}{minutes}m{seconds}s"),
        (hours, minutes) => format!("{sign}{hours}h{minutes}m{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_of_filters() {
        assert_eq!(parse_duration("10"), Some(10 * NANOS));
        assert_eq!(parse_duration("1.5"), Some(1_500_000_000));
        assert_eq!(parse_duration("1m30s"), Some(90 * NANOS));
        assert_eq!(parse_duration("-2ms"), Some(-2_000_000));
        assert_eq!(parse_duration("soon"), None);
        assert_eq!(parse_duration("1 s"), None);
        assert_eq!(parse_duration(""), None);
    }

    #[test]
    fn durations_as_go_prints_them() {
        assert_eq!(go_duration(&Duration { seconds: 999_999, nanos: 0 }), "277h46m39s");
        assert_eq!(go_duration(&Duration { seconds: 3600, nanos: 0 }), "1h0m0s");
        assert_eq!(go_duration(&Duration { seconds: 1, nanos: 500_000_000 }), "1.5s");
    }

    #[test]
    fn times_of_filters() {
        assert_eq!(parse_time("1970-01-01T00:00:01Z"), Some(NANOS));
        assert_eq!(parse_time("1970-01-01T01:00:00.5+01:00"), Some(NANOS / 2));
        assert_eq!(parse_time("yesterday"), None);
    }

    #[test]
    fn times_before_the_epoch_keep_positive_nanos() {
        assert_eq!(timestamp(-1), Timestamp { seconds: -1, nanos: 999_999_999 });
        assert_eq!(nanos(&timestamp(-1)), -1);
    }
}
