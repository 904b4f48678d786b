//! Cron expressions as FlyteAdmin's scheduler takes them: five fields, or a word such as `@daily`.

/// What is wrong with a cron expression.
pub fn cron_problem(expression: &str) -> Option<String> {
    if let Some(word) = expression.strip_prefix('@') {
        return match word {
            "yearly" | "annually" | "monthly" | "weekly" | "daily" | "midnight" | "hourly" => None,
            _ => match word.strip_prefix("every ") {
                Some(duration) if crate::times::parse_duration(duration).is_some() => None,
                Some(duration) => Some(format!("failed to parse duration @every {duration}")),
                None => Some(format!("unrecognized descriptor: {expression}")),
            },
        };
    }
    let mut fields: Vec<&str> = expression.split_whitespace().collect();
    if fields.first().is_some_and(|first| first.starts_with("TZ=") || first.starts_with("CRON_TZ=")) {
        fields.remove(0);
    }
    if fields.is_empty() {
        return Some("empty spec string".into());
    }
    if fields.len() != 5 {
        return Some(format!("expected exactly 5 fields, found {}: [{}]", fields.len(), fields.join(" ")));
    }
    const MONTHS: &[&str] =
        &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    let ranges: [(u32, u32, &[&str]); 5] =
        [(0, 59, &[]), (0, 23, &[]), (1, 31, &[]), (1, 12, MONTHS), (0, 6, DAYS)];
    fields.iter().zip(ranges).find_map(|(field, (least, most, names))| {
        field.split(',').find_map(|part| part_problem(part, least, most, names))
    })
}

/// What is wrong with one part of a field: `*`, `?`, a number, a range, each with an optional step.
fn part_problem(part: &str, least: u32, most: u32, names: &[&str]) -> Option<String> {
    let (range, step) = match part.split_once('/') {
        Some((range, step)) => (range, Some(step)),
        None => (part, None),
    };
    if let Some(step) = step {
        match step.parse::<u32>() {
            Ok(0) => return Some(format!("step of range should be a positive number: {part}")),
            Ok(_) => {}
            Err(_) => return Some(format!("failed to parse int from {step}")),
        }
    }
    if range == "*" || range == "?" {
        return None;
    }
    let number = |text: &str| {
        let named = names.iter().position(|name| text.eq_ignore_ascii_case(name));
        match named {
            Some(index) => Ok(index as u32 + least),
            None => text.parse::<u32>().map_err(|_| format!("failed to parse int from {text}")),
        }
    };
    let bounds = match range.split_once('-') {
        Some((start, end)) => number(start).and_then(|start| Ok((start, number(end)?))),
        None => number(range).map(|only| (only, only)),
    };
    match bounds {
        Err(problem) => Some(problem),
        Ok((start, _)) if start < least => {
            Some(format!("beginning of range ({start}) below minimum ({least}): {part}"))
        }
        Ok((_, end)) if end > most => Some(format!("end of range ({end}) above maximum ({most}): {part}")),
        Ok((start, end)) if start > end => {
            Some(format!("beginning of range ({start}) beyond end of range ({end}): {part}"))
        }
        Ok(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::cron_problem;

    #[test]
    fn five_fields_or_a_word() {
        for fine in [
            "*/5 * * * *",
            "0 9 * * mon-fri",
            "0,30 0-6/2 1 JAN ?",
            "@daily",
            "@every 1h",
            "TZ=UTC 0 0 * * *",
        ] {
            assert_eq!(cron_problem(fine), None, "{fine}");
        }
        assert_eq!(cron_problem("every day").unwrap(), "expected exactly 5 fields, found 2: [every day]");
        assert_eq!(cron_problem("60 * * * *").unwrap(), "end of range (60) above maximum (59): 60");
        for bad in ["", "@sometimes", "0 0 0 * *", "a * * * *", "5-1 * * * *", "*/0 * * * *"] {
            assert!(cron_problem(bad).is_some(), "{bad}");
        }
    }
}
