//! When which schedule fires next.

use std::collections::HashMap;

use super::cron::Cron;
use crate::idl::admin::{FixedRateUnit, Schedule, schedule::ScheduleExpression};
use crate::store::schedules::Scheduled;

const SECOND: i64 = 1_000_000_000;

/// The next time of each schedule. All times are nanoseconds since the epoch.
pub struct Timetable {
    /// Since when schedules are looked after; what was due before is not made up.
    started: i64,
    entries: HashMap<i64, Entry>,
}

struct Entry {
    activated: i64,
    rhythm: Option<Rhythm>,
    due: Option<i64>,
}

/// A schedule that fires now.
#[derive(Debug, PartialEq)]
pub struct Firing {
    pub scheduled: Scheduled,
    /// The time that it fires for.
    pub at: i64,
}

/// What to do now, and until when there is nothing more to do.
pub struct Due {
    pub firings: Vec<Firing>,
    pub next: Option<i64>,
}

impl Timetable {
    pub fn new(started: i64) -> Self {
        Self { started, entries: HashMap::new() }
    }

    /// Which of the active schedules fire `now`. One that was due several times since, because the machine slept, say,
    /// fires once, for the first of these times.
    pub fn due(&mut self, active: Vec<Scheduled>, now: i64) -> Due {
        let mut kept = HashMap::with_capacity(active.len());
        let mut firings = Vec::new();
        for scheduled in active {
            let known = self.entries.remove(&scheduled.row);
            let known = known.filter(|entry| entry.activated == scheduled.activated);
            let mut entry = known.unwrap_or_else(|| self.entry(&scheduled));
            let row = scheduled.row;
            if let Some(at) = entry.due.filter(|due| *due <= now) {
                entry.due = entry.rhythm.as_ref().and_then(|rhythm| rhythm.next(at, now));
                firings.push(Firing { scheduled, at });
            }
            kept.insert(row, entry);
        }
        self.entries = kept;
        firings.sort_by_key(|firing| firing.at);
        Due { firings, next: self.entries.values().filter_map(|entry| entry.due).min() }
    }

    fn entry(&self, scheduled: &Scheduled) -> Entry {
        let base = scheduled.fired.unwrap_or_default().max(scheduled.activated);
        let rhythm = Rhythm::of(&scheduled.schedule).unwrap_or_else(|problem| {
            tracing::warn!("the schedule of {} never fires: {problem}", super::printed(&scheduled.id));
            None
        });
        let due = rhythm.as_ref().and_then(|rhythm| rhythm.next(base, base.max(self.started)));
        Entry { activated: scheduled.activated, rhythm, due }
    }
}

enum Rhythm {
    Cron(Cron),
    /// So many nanoseconds apart.
    Rate(i64),
}

impl Rhythm {
    /// The rhythm of a schedule; none when it is empty, as those of many launch plans are.
    fn of(schedule: &Schedule) -> Result<Option<Self>, String> {
        #[allow(deprecated, reason = "the older way to give a cron expression is still accepted")]
        let cron = match &schedule.schedule_expression {
            Some(ScheduleExpression::CronExpression(cron)) => cron,
            // FlyteAdmin keeps the offset and heeds it nowhere.
            Some(ScheduleExpression::CronSchedule(cron)) => &cron.schedule,
            Some(ScheduleExpression::Rate(rate)) => {
                let seconds = i64::from(rate.value)
                    * match rate.unit() {
                        FixedRateUnit::Minute => 60,
                        FixedRateUnit::Hour => 3_600,
                        FixedRateUnit::Day => 86_400,
                    };
                return Ok((seconds > 0).then(|| Self::Rate(seconds.saturating_mul(SECOND))));
            }
            None => return Ok(None),
        };
        if cron.is_empty() { Ok(None) } else { Cron::parse(cron).map(|cron| Some(Self::Cron(cron))) }
    }

    /// The first time after `now`, of those that follow `last`.
    fn next(&self, last: i64, now: i64) -> Option<i64> {
        match self {
            Self::Cron(cron) => cron.after(now.max(last)),
            Self::Rate(delay) => {
                let base = last.div_euclid(SECOND) * SECOND;
                let passed = now.saturating_sub(base).div_euclid(*delay).max(0);
                base.checked_add(passed.checked_add(1)?.checked_mul(*delay)?)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::idl::admin::{CronSchedule, FixedRate};
    use crate::idl::core::Identifier;

    const MINUTE: i64 = 60 * SECOND;

    fn cron(row: i64, expression: &str, activated: i64, fired: Option<i64>) -> Scheduled {
        let expression = CronSchedule { schedule: expression.into(), offset: String::new() };
        scheduled(row, ScheduleExpression::CronSchedule(expression), activated, fired)
    }

    fn rate(row: i64, minutes: u32, activated: i64, fired: Option<i64>) -> Scheduled {
        let rate = FixedRate { value: minutes, unit: FixedRateUnit::Minute as i32 };
        scheduled(row, ScheduleExpression::Rate(rate), activated, fired)
    }

    fn scheduled(row: i64, expression: ScheduleExpression, activated: i64, fired: Option<i64>) -> Scheduled {
        let schedule = Schedule { schedule_expression: Some(expression), ..Default::default() };
        Scheduled { row, id: Identifier::default(), schedule, activated, fired }
    }

    fn fired(due: &Due) -> Vec<(i64, i64)> {
        due.firings.iter().map(|firing| (firing.scheduled.row, firing.at)).collect()
    }

    #[test]
    fn each_fires_in_its_rhythm() {
        let mut table = Timetable::new(MINUTE);
        let active = || vec![cron(1, "*/5 * * * *", MINUTE, None), rate(2, 2, MINUTE + 1, None)];
        let due = table.due(active(), MINUTE + 1);
        assert_eq!((fired(&due), due.next), (vec![], Some(3 * MINUTE)));
        let due = table.due(active(), 3 * MINUTE + 5);
        assert_eq!((fired(&due), due.next), (vec![(2, 3 * MINUTE)], Some(5 * MINUTE)));
        let due = table.due(active(), 5 * MINUTE);
        assert_eq!((fired(&due), due.next), (vec![(1, 5 * MINUTE), (2, 5 * MINUTE)], Some(7 * MINUTE)));
        // The same moment again has nothing more.
        assert_eq!(fired(&table.due(active(), 5 * MINUTE)), []);
    }

    #[test]
    fn what_was_missed_is_not_made_up() {
        // Down between minutes 4 and 11.
        let mut table = Timetable::new(11 * MINUTE);
        let active = || vec![cron(1, "*/5 * * * *", 0, Some(0)), rate(2, 3, 0, Some(3 * MINUTE))];
        let due = table.due(active(), 11 * MINUTE);
        assert_eq!((fired(&due), due.next), (vec![], Some(12 * MINUTE)));
        // Asleep until minute 31: once for each.
        let due = table.due(active(), 31 * MINUTE);
        assert_eq!(fired(&due), [(2, 12 * MINUTE), (1, 15 * MINUTE)]);
        assert_eq!(due.next, Some(33 * MINUTE));
    }

    #[test]
    fn a_rate_begins_anew_when_it_is_activated_again() {
        let mut table = Timetable::new(0);
        assert_eq!(table.due(vec![rate(1, 10, 0, None)], MINUTE).next, Some(10 * MINUTE));
        assert_eq!(table.due(vec![], 2 * MINUTE).next, None);
        assert_eq!(table.due(vec![rate(1, 10, 3 * MINUTE, None)], 3 * MINUTE).next, Some(13 * MINUTE));
    }

    #[test]
    fn some_never_fire() {
        let mut table = Timetable::new(0);
        let active = vec![
            cron(1, "", 0, None),
            cron(2, "0 0 31 2 *", 0, None),
            cron(3, "nonsense", 0, None),
            rate(4, 0, 0, None),
        ];
        let due = table.due(active, 1_000 * MINUTE);
        assert_eq!((fired(&due), due.next), (vec![], None));
    }
}
