//! Schedules of CronJobs: `ParseStandard` of github.com/robfig/cron/v3, which Kubernetes uses.

use super::Reason;
use super::times::duration;

struct Part {
    what: &'static str,
    least: u32,
    most: u32,
    names: &'static [&'static str],
}

const PARTS: [Part; 5] = [
    Part {
        what: "minute",
        least: 0,
        most: 59,
        names: &[],
    },
    Part {
        what: "hour",
        least: 0,
        most: 23,
        names: &[],
    },
    Part {
        what: "day of the month",
        least: 1,
        most: 31,
        names: &[],
    },
    Part {
        what: "month",
        least: 1,
        most: 12,
        names: &[
            "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
        ],
    },
    Part {
        what: "day of the week",
        least: 0,
        most: 6,
        names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
    },
];

const DESCRIPTORS: [&str; 7] = [
    "@yearly",
    "@annually",
    "@monthly",
    "@weekly",
    "@daily",
    "@midnight",
    "@hourly",
];

/// Checks a schedule: five fields, or a descriptor (`@daily`, `@every 5m`).
pub fn schedule(text: &str) -> Result<(), Reason> {
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    if text.contains("TZ") {
        return Err("a time zone belongs in `timeZone`".to_owned());
    }
    if text.starts_with('@') {
        return match text.strip_prefix("@every ") {
            Some(text) => duration(text),
            None if DESCRIPTORS.contains(&text) => Ok(()),
            None => Err("there is no such descriptor".to_owned()),
        };
    }
    let fields: Vec<&str> = text.split_whitespace().collect();
    if fields.len() != PARTS.len() {
        return Err(format!("it has {} fields, 5 are wanted", fields.len()));
    }
    for (part, field) in PARTS.iter().zip(fields) {
        for range in field.split(',').filter(|range| !range.is_empty()) {
            check_range(part, range)?;
        }
    }
    Ok(())
}

fn check_range(part: &Part, text: &str) -> Result<(), Reason> {
    let what = part.what;
    let shown = super::shown(text);
    let mut halves = text.split('/');
    let range = halves.next().unwrap_or_default();
    let step = halves.next();
    if halves.next().is_some() {
        return Err(format!("`{shown}`, the {what}, has more than one `/`"));
    }
    let mut ends = range.split('-');
    let start = ends.next().unwrap_or_default();
    let (start, end) = if start == "*" || start == "?" {
        (part.least, part.most)
    } else {
        let start = number(part, start)?;
        let end = match ends.next() {
            Some(end) => number(part, end)?,
            None if step.is_some() => part.most,
            None => start,
        };
        if ends.next().is_some() {
            return Err(format!("`{shown}`, the {what}, has more than one `-`"));
        }
        (start, end)
    };
    if let Some(step) = step {
        match step.parse::<u32>() {
            Ok(0) => return Err(format!("the step of `{shown}`, the {what}, is 0")),
            Ok(_) => {}
            Err(_) => return Err(format!("the step of `{shown}`, the {what}, is not a number")),
        }
    }
    if start < part.least || end > part.most {
        return Err(format!(
            "`{shown}`, the {what}, is not in {} to {}",
            part.least, part.most
        ));
    }
    if start > end {
        return Err(format!("`{shown}`, the {what}, ends before it starts"));
    }
    Ok(())
}

fn number(part: &Part, text: &str) -> Result<u32, Reason> {
    if let Some(index) = part.names.iter().position(|name| name.eq_ignore_ascii_case(text)) {
        return Ok(part.least + u32::try_from(index).unwrap_or_default());
    }
    text.parse()
        .map_err(|_| format!("`{}`, the {}, is not a number", super::shown(text), part.what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_those_of_go() {
        for good in [
            "* * * * *",
            "*/5 0 1 jan sun",
            "0 0 1,15 * 1-5",
            "0 22-23/1 ? * ?",
            "5/15 * * * *",
            "@daily",
            "@every 1h30m",
            " 0 0 * * * ",
            "0 0 * * MON-FRI",
        ] {
            assert_eq!(schedule(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "* * * *",
            "* * * * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * * 13 *",
            "* * * * 7",
            "*/0 * * * *",
            "5-1 * * * *",
            "a * * * *",
            "1-2-3 * * * *",
            "*/5/5 * * * *",
            "@dayly",
            "@every",
            "@every x",
            "TZ=UTC 0 0 * * *",
            "0 0 * * L",
        ] {
            assert!(schedule(bad).is_err(), "{bad}");
        }
    }
}
