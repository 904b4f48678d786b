//! Cron expressions as FlyteAdmin's scheduler takes them (robfig/cron's standard parser): five fields, a word such as
//! `@daily`, or `@every 90m`, each with `TZ=…` or `CRON_TZ=…` before it if it shall not be in UTC.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, ZonedDateTime};

use crate::times;

const SECOND: i64 = 1_000_000_000;

/// Whether a day is given as `*` or `?`, so that it does not choose days by itself. A bit that no value has.
const ANY: u64 = 1 << 63;

/// How far ahead a time is searched for: some days come every eight years at most, others, such as 31 February, never.
const FURTHEST_YEARS: i16 = 8;

/// The fields in their order, each with its least and most value and its names.
const FIELDS: [Field; 5] = [
    Field { least: 0, most: 59, names: &[] },
    Field { least: 0, most: 23, names: &[] },
    Field { least: 1, most: 31, names: &[] },
    Field {
        least: 1,
        most: 12,
        names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    },
    Field { least: 0, most: 6, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

/// A cron expression that has been read.
#[derive(Debug)]
pub struct Cron {
    zone: TimeZone,
    rule: Rule,
}

#[derive(Debug)]
enum Rule {
    /// A bit for each value of a field.
    Fields { minutes: u64, hours: u64, days: u64, months: u64, weekdays: u64 },
    /// So many nanoseconds apart, whole seconds.
    Every(i64),
}

impl Cron {
    /// Reads an expression. The error says what is wrong with it, in the words of FlyteAdmin's parser.
    pub fn parse(expression: &str) -> Result<Self, String> {
        let (zone, rest) = zone(expression)?;
        if let Some(word) = rest.strip_prefix('@') {
            return Ok(Self { zone, rule: word_rule(word)? });
        }
        let fields: Vec<&str> = rest.split_whitespace().collect();
        if fields.is_empty() {
            return Err("empty spec string".into());
        }
        if fields.len() != FIELDS.len() {
            let found = fields.len();
            return Err(format!("expected exactly 5 fields, found {found}: [{}]", fields.join(" ")));
        }
        let mut bits = [0; FIELDS.len()];
        for ((bits, text), field) in bits.iter_mut().zip(fields).zip(&FIELDS) {
            *bits = field.bits(text)?;
        }
        let [minutes, hours, days, months, weekdays] = bits;
        Ok(Self { zone, rule: Rule::Fields { minutes, hours, days, months, weekdays } })
    }

    /// The first time after `time`, both in nanoseconds since the epoch; none when there is no such time.
    pub fn after(&self, time: i64) -> Option<i64> {
        let Rule::Fields { minutes, hours, days, months, weekdays } = self.rule else {
            let Rule::Every(delay) = self.rule else { return None };
            return (time.div_euclid(SECOND) * SECOND).checked_add(delay);
        };
        // Commas alone name no value.
        if [minutes, hours, days, months, weekdays].contains(&0) {
            return None;
        }
        let has = |bits: u64, value: i8| bits & (1 << value) != 0;
        let start = (time.div_euclid(60 * SECOND) + 1) * 60;
        let mut at = Timestamp::from_second(start).ok()?.to_zoned_datetime(self.zone.clone());
        let last_year = at.year() + FURTHEST_YEARS;
        while at.year() <= last_year {
            let day = has(days, at.day());
            let weekday = has(weekdays, at.weekday().to_sunday_zero_offset());
            let either = days & ANY == 0 && weekdays & ANY == 0;
            if !has(months, at.month()) {
                at = midnight(at.date().last_of_month(), &self.zone)?;
            } else if !(if either { day || weekday } else { day && weekday }) {
                at = midnight(at.date(), &self.zone)?;
            } else if !has(hours, at.hour()) {
                // In steps of real time, so that an hour which the clock leaves out is left out, and one that it
                // repeats comes twice.
                at = at.checked_add((60 - i64::from(at.minute())).minutes()).ok()?;
            } else if !has(minutes, at.minute()) {
                at = at.checked_add(1.minute()).ok()?;
            } else {
                return Some(at.timestamp().as_second() * SECOND);
            }
        }
        None
    }
}

/// The beginning of the day after `date`.
fn midnight(date: Date, zone: &TimeZone) -> Option<ZonedDateTime> {
    date.tomorrow().ok()?.to_zoned_datetime(zone.clone()).ok()
}

/// The time zone before an expression, UTC when there is none, and the expression itself.
fn zone(expression: &str) -> Result<(TimeZone, &str), String> {
    let given = ["TZ=", "CRON_TZ="].iter().find_map(|prefix| expression.strip_prefix(prefix));
    let Some(given) = given else { return Ok((TimeZone::UTC, expression)) };
    let (name, rest) = given.split_once(' ').unwrap_or((given, ""));
    let zone = match name {
        "" | "UTC" | "Local" => TimeZone::UTC,
        name => TimeZone::get(name)
            .map_err(|_| format!("provided bad location {name}: unknown time zone {name}"))?,
    };
    Ok((zone, rest.trim()))
}

/// What a word after `@` stands for.
fn word_rule(word: &str) -> Result<Rule, String> {
    let any = |index: usize| FIELDS[index].all() | ANY;
    let (days, months, weekdays) = match word {
        "yearly" | "annually" => (1 << 1, 1 << 1, any(4)),
        "monthly" => (1 << 1, any(3), any(4)),
        "weekly" => (any(2), any(3), 1),
        "daily" | "midnight" | "hourly" => (any(2), any(3), any(4)),
        _ => {
            let Some(duration) = word.strip_prefix("every ") else {
                return Err(format!("unrecognized descriptor: @{word}"));
            };
            // Go's durations have a unit, which a plain number has not.
            let delay = times::parse_duration(duration).filter(|_| duration.parse::<f64>().is_err());
            let delay = delay.ok_or_else(|| format!("failed to parse duration @every {duration}"))?;
            return Ok(Rule::Every(delay.max(SECOND) / SECOND * SECOND));
        }
    };
    let hours = if word == "hourly" { any(1) } else { 1 };
    Ok(Rule::Fields { minutes: 1, hours, days, months, weekdays })
}

struct Field {
    least: u32,
    most: u32,
    names: &'static [&'static str],
}

impl Field {
    /// The values that a field's text names: parts between commas.
    fn bits(&self, text: &str) -> Result<u64, String> {
        let parts = text.split(',').filter(|part| !part.is_empty());
        parts.map(|part| self.part(part)).try_fold(0, |bits, part| Ok(bits | part?))
    }

    /// One part of a field: `*`, `?`, a value or a range, each with an optional step.
    fn part(&self, part: &str) -> Result<u64, String> {
        let mut slashes = part.split('/');
        let mut hyphens = slashes.next().unwrap_or_default().split('-');
        let (first, second) = (hyphens.next().unwrap_or_default(), hyphens.next());
        let is_any = first == "*" || first == "?";
        let (start, mut end) = match second {
            _ if is_any => (self.least, self.most),
            _ if hyphens.next().is_some() => return Err(format!("too many hyphens: {part}")),
            None => (self.value(first)?, self.value(first)?),
            Some(second) => (self.value(first)?, self.value(second)?),
        };
        let mut step = 1;
        if let Some(given) = slashes.next() {
            if slashes.next().is_some() {
                return Err(format!("too many slashes: {part}"));
            }
            step = number(given)?;
            // `5/10` means from 5 on.
            if second.is_none() {
                end = self.most;
            }
        }
        let (least, most) = (self.least, self.most);
        if start < least {
            return Err(format!("beginning of range ({start}) below minimum ({least}): {part}"));
        }
        if end > most {
            return Err(format!("end of range ({end}) above maximum ({most}): {part}"));
        }
        if start > end {
            return Err(format!("beginning of range ({start}) beyond end of range ({end}): {part}"));
        }
        if step == 0 {
            return Err(format!("step of range should be a positive number: {part}"));
        }
        let any = if is_any && step == 1 { ANY } else { 0 };
        Ok((start..=end).step_by(step as usize).fold(any, |bits, value| bits | 1 << value))
    }

    fn value(&self, text: &str) -> Result<u32, String> {
        match self.names.iter().position(|name| text.eq_ignore_ascii_case(name)) {
            Some(index) => Ok(index as u32 + self.least),
            None => number(text),
        }
    }

    fn all(&self) -> u64 {
        (self.least..=self.most).fold(0, |bits, value| bits | 1 << value)
    }
}

fn number(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("failed to parse int from {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(expression: &str) -> String {
        Cron::parse(expression).unwrap_err()
    }

    fn next(expression: &str, from: &str) -> Option<String> {
        let from = times::parse_time(from).unwrap();
        let next = Cron::parse(expression).unwrap().after(from)?;
        Some(Timestamp::from_second(next / SECOND).unwrap().to_string())
    }

    #[test]
    fn five_fields_or_a_word() {
        for fine in [
            "*/5 * * * *",
            "0 9 * * mon-fri",
            "0,30 0-6/2 1 JAN ?",
            "1,,2 * * * *",
            "@daily",
            "@every 1h",
            "TZ=UTC 0 0 * * *",
            "CRON_TZ=Europe/Berlin @weekly",
        ] {
            assert!(Cron::parse(fine).is_ok(), "{fine}");
        }
        assert_eq!(problem("every day"), "expected exactly 5 fields, found 2: [every day]");
        assert_eq!(problem("60 * * * *"), "end of range (60) above maximum (59): 60");
        assert_eq!(problem("* * * * 7"), "end of range (7) above maximum (6): 7");
        assert_eq!(problem("* * 0 * *"), "beginning of range (0) below minimum (1): 0");
        assert_eq!(problem("5-1 * * * *"), "beginning of range (5) beyond end of range (1): 5-1");
        assert_eq!(problem("*/0 * * * *"), "step of range should be a positive number: */0");
        assert_eq!(problem("1-2-3 * * * *"), "too many hyphens: 1-2-3");
        assert_eq!(problem("1/2/3 * * * *"), "too many slashes: 1/2/3");
        assert_eq!(problem("a * * * *"), "failed to parse int from a");
        assert_eq!(problem("@sometimes"), "unrecognized descriptor: @sometimes");
        assert_eq!(problem("@every 5"), "failed to parse duration @every 5");
        assert_eq!(
            problem("TZ=Nowhere * * * * *"),
            "provided bad location Nowhere: unknown time zone Nowhere"
        );
        assert_eq!(problem(""), "empty spec string");
        assert_eq!(problem("TZ=UTC"), "empty spec string");
    }

    #[test]
    fn times_come_in_order() {
        let from = "2026-01-31T23:59:30Z";
        for (expression, expected) in [
            ("* * * * *", "2026-02-01T00:00:00Z"),
            ("*/20 * * * *", "2026-02-01T00:00:00Z"),
            ("5/20 * * * *", "2026-02-01T00:05:00Z"),
            ("30 6 * * *", "2026-02-01T06:30:00Z"),
            ("0 0 31 * *", "2026-03-31T00:00:00Z"),
            ("0 0 29 2 *", "2028-02-29T00:00:00Z"),
            // Both days given: either will do. One of them any: the other decides.
            ("0 0 15 * wed", "2026-02-04T00:00:00Z"),
            ("0 0 * * wed", "2026-02-04T00:00:00Z"),
            ("0 0 15 * ?", "2026-02-15T00:00:00Z"),
            ("0 0 */31 * wed", "2026-02-01T00:00:00Z"),
            ("@hourly", "2026-02-01T00:00:00Z"),
            ("@weekly", "2026-02-01T00:00:00Z"),
            ("@monthly", "2026-02-01T00:00:00Z"),
            ("@yearly", "2027-01-01T00:00:00Z"),
            ("@every 90m", "2026-02-01T01:29:30Z"),
            ("@every 10ms", "2026-01-31T23:59:31Z"),
            ("CRON_TZ=Asia/Kolkata 0 9 * * *", "2026-02-01T03:30:00Z"),
        ] {
            assert_eq!(next(expression, from).as_deref(), Some(expected), "{expression}");
        }
        assert_eq!(next("* * * * *", "2026-02-01T00:00:00Z").as_deref(), Some("2026-02-01T00:01:00Z"));
        assert_eq!(next("0 0 31 2 *", from), None);
        assert_eq!(next(", * * * *", from), None);
        assert_eq!(next("@every 2562047h47m", from), None);
    }

    /// What robfig/cron's own tests say of New York's clock.
    #[test]
    fn clocks_that_change() {
        let new_york =
            |fields: &str, from: &str| next(&format!("TZ=America/New_York {fields}"), from).unwrap();
        // Two o'clock is left out on that day.
        assert_eq!(new_york("0 * * * *", "2012-03-11T01:00:00-05:00"), "2012-03-11T07:00:00Z");
        assert_eq!(new_york("0 2 * * *", "2012-03-11T00:00:00-05:00"), "2012-03-12T06:00:00Z");
        // One o'clock comes twice on that one.
        assert_eq!(new_york("0 1 * * *", "2012-11-04T00:00:00-04:00"), "2012-11-04T05:00:00Z");
        assert_eq!(new_york("0 1 * * *", "2012-11-04T01:00:00-04:00"), "2012-11-04T06:00:00Z");
        assert_eq!(new_york("0 1 * * *", "2012-11-04T01:00:00-05:00"), "2012-11-05T06:00:00Z");
        assert_eq!(new_york("30 1 4 Nov ?", "2012-11-04T01:45:00-04:00"), "2012-11-04T06:30:00Z");
    }
}
