//! Calendar events, as `schedule` of backup, sync and replication jobs has them: PVE's own grammar (proxmox-time, from Perl by
//! pve-rs), and when one is next.
//!
//! `[weekdays] [date] [time] [UTC]`, each part optional; a few keywords stand for common ones. With two components of a time of
//! which the first can't be an hour, PVE takes them for minute and second: `24:00` is minute 24 of every hour.

use bstr::BString;
use jiff::civil::{Date, DateTime, Weekday};
use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::character::complete::{alpha1, digit1, space0};
use nom::combinator::{map, opt};
use nom::multi::separated_list1;
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

/// One component of a date or a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Component {
    /// This value.
    Single(u32),
    /// From the first to the second.
    Range(u32, u32),
    /// From the first, in steps of the second.
    Repeated(u32, u32),
}

impl Component {
    fn contains(self, value: u32) -> bool {
        match self {
            Self::Single(one) => one == value,
            Self::Range(from, to) => (from..=to).contains(&value),
            Self::Repeated(from, step) => value >= from && step > 0 && (value - from).is_multiple_of(step),
        }
    }
}

/// A calendar event. An empty list is any value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CalendarEvent {
    /// The weekdays, Monday first.
    pub days: [bool; 7],
    /// Years.
    pub years: Vec<Component>,
    /// Months, from 1.
    pub months: Vec<Component>,
    /// Days of the month, from 1.
    pub days_of_month: Vec<Component>,
    /// Hours.
    pub hours: Vec<Component>,
    /// Minutes.
    pub minutes: Vec<Component>,
    /// Seconds.
    pub seconds: Vec<Component>,
    /// Whether the time is meant in UTC, and not where the node is.
    pub utc: bool,
}

/// What PVE dies with, and where: the words behind `unable to parse calendar event at`.
#[derive(Debug, PartialEq, Eq)]
struct Failed<'a> {
    at: &'a str,
    why: &'static str,
}

impl<'a> nom::error::ParseError<&'a str> for Failed<'a> {
    fn from_error_kind(at: &'a str, _: nom::error::ErrorKind) -> Self {
        Self { at, why: "Context(\"date or time specification\")" }
    }

    fn append(_: &'a str, _: nom::error::ErrorKind, other: Self) -> Self {
        other
    }
}

type Parsed<'a, T> = IResult<&'a str, T, Failed<'a>>;

fn refuse<'a, T>(at: &'a str, why: &'static str) -> Parsed<'a, T> {
    Err(nom::Err::Error(Failed { at, why }))
}

/// Reads a calendar event.
///
/// # Errors
/// What PVE's check of the format dies with.
pub fn parse(text: &[u8]) -> Result<CalendarEvent, BString> {
    let refused = |rest: String| {
        let mut message = BString::from("invalid calendar event '");
        message.extend_from_slice(text);
        message.extend_from_slice(format!("' - unable to parse calendar event{rest}").as_bytes());
        message
    };
    let Ok(whole) = std::str::from_utf8(text) else { return Err(refused(String::new())) };
    match event(whole) {
        Ok(("", event)) => Ok(event),
        Ok((rest, _)) => Err(refused(format!(" at '{rest}' - Nom(Eof)"))),
        Err(nom::Err::Error(failed) | nom::Err::Failure(failed)) => {
            Err(refused(format!(" at '{}' - {}", failed.at, failed.why)))
        }
        Err(nom::Err::Incomplete(_)) => Err(refused(String::new())),
    }
}

fn event(text: &str) -> Parsed<'_, CalendarEvent> {
    use Component::Single;
    let mut event = CalendarEvent { days: [true; 7], ..CalendarEvent::default() };
    let zero = || vec![Single(0)];
    let one = || vec![Single(1)];
    let quarters = |months: &[u32]| months.iter().copied().map(Single).collect::<Vec<_>>();
    let midnight = |event: &mut CalendarEvent| {
        (event.hours, event.minutes, event.seconds) = (zero(), zero(), zero());
    };
    let keyword = match text {
        "minutely" => {
            event.seconds = zero();
            true
        }
        "hourly" => {
            (event.minutes, event.seconds) = (zero(), zero());
            true
        }
        "daily" => {
            midnight(&mut event);
            true
        }
        "weekly" => {
            midnight(&mut event);
            event.days = [true, false, false, false, false, false, false];
            true
        }
        "monthly" | "quarterly" | "semiannually" | "semi-annually" | "yearly" | "annually" => {
            midnight(&mut event);
            event.days_of_month = one();
            event.months = match text {
                "monthly" => Vec::new(),
                "quarterly" => quarters(&[1, 4, 7, 10]),
                "yearly" | "annually" => one(),
                _ => quarters(&[1, 7]),
            };
            true
        }
        _ => false,
    };
    if keyword {
        return Ok(("", event));
    }
    let mut rest = text;
    let mut said = false;
    if rest.starts_with(|c: char| c.is_ascii_alphabetic()) && !rest.starts_with("UTC") {
        let (behind, ranges) = separated_list1(tag(","), weekdays).parse(rest)?;
        event.days = [false; 7];
        for (from, to) in ranges {
            // A range may go round the end of the week.
            let mut day = from;
            loop {
                if let Some(slot) = event.days.get_mut(day) {
                    *slot = true;
                }
                if day == to {
                    break;
                }
                day = (day + 1) % 7;
            }
        }
        said = true;
        rest = space0(behind)?.0;
    }
    let (behind, date) = opt(date).parse(rest)?;
    if let Some((years, months, days)) = date {
        (event.years, event.months, event.days_of_month) = (years, months, days);
        said = true;
        rest = space0(behind)?.0;
    }
    let (behind, time) = opt(time).parse(rest)?;
    match time {
        Some((hours, minutes, seconds)) => {
            (event.hours, event.minutes, event.seconds) = (hours, minutes, seconds);
            said = true;
            rest = behind;
        }
        None => midnight(&mut event),
    }
    if !said {
        return refuse(rest, "Context(\"date or time specification\")");
    }
    let (rest, utc) = opt(preceded(space0, tag("UTC"))).parse(rest)?;
    event.utc = utc.is_some();
    Ok((rest, event))
}

fn weekday(text: &str) -> Parsed<'_, usize> {
    let (rest, word) = alpha1(text)?;
    let names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let lower = word.to_ascii_lowercase();
    match names.iter().position(|name| *name == lower || name.get(..3) == Some(&lower)) {
        Some(day) => Ok((rest, day)),
        None => refuse(word, "Context(\"weekday\")"),
    }
}

fn weekdays(text: &str) -> Parsed<'_, (usize, usize)> {
    let (rest, from) = weekday(text)?;
    let (rest, to) = opt(preceded(tag(".."), weekday)).parse(rest)?;
    Ok((rest, (from, to.unwrap_or(from))))
}

/// A number below `limit`.
fn number<'a>(limit: u32) -> impl Fn(&'a str) -> Parsed<'a, u32> {
    move |text| {
        let (rest, digits) = digit1(text)?;
        match digits.parse() {
            Ok(value) if value < limit => Ok((rest, value)),
            _ => refuse(text, "Context(\"date or time specification\")"),
        }
    }
}

fn component<'a>(limit: u32) -> impl Fn(&'a str) -> Parsed<'a, Component> {
    move |text| {
        let (rest, from) = number(limit)(text)?;
        let (rest, to) = opt(preceded(tag(".."), number(limit))).parse(rest)?;
        if let Some(to) = to {
            return if from > to { refuse(text, "Context(\"range\")") } else { Ok((rest, Component::Range(from, to))) };
        }
        match rest.strip_prefix('/') {
            Some(behind) => {
                let (rest, step) = number(limit)(behind)?;
                Ok((rest, Component::Repeated(from, step)))
            }
            None => Ok((rest, Component::Single(from))),
        }
    }
}

/// `*`, `*/n` or a list of components of values from `start` on.
fn components<'a>(start: u32, limit: u32) -> impl Fn(&'a str) -> Parsed<'a, Vec<Component>> {
    move |text| {
        if let Some(rest) = text.strip_prefix('*') {
            if let Some(behind) = rest.strip_prefix('/') {
                let (rest, step) = number(limit)(behind)?;
                if step > 0 {
                    return Ok((rest, vec![Component::Repeated(start, step)]));
                }
            }
            return Ok((rest, Vec::new()));
        }
        separated_list1(tag(","), component(limit)).parse(text)
    }
}

type Three = (Vec<Component>, Vec<Component>, Vec<Component>);

fn date(text: &str) -> Parsed<'_, Three> {
    let month_and_day = || (terminated(components(1, 13), tag("-")), components(1, 32));
    let with_year = (terminated(components(0, 2200), tag("-")), month_and_day());
    alt((
        map(with_year, |(years, (months, days))| (years, months, days)),
        map(month_and_day(), |(months, days)| (Vec::new(), months, days)),
    ))
    .parse(text)
}

fn time(text: &str) -> Parsed<'_, Three> {
    let (rest, hours) = opt(terminated(components(0, 24), tag(":"))).parse(text)?;
    let (rest, minutes) = components(0, 60)(rest)?;
    let (rest, seconds) = opt(preceded(tag(":"), components(0, 60))).parse(rest)?;
    let seconds = seconds.unwrap_or_else(|| vec![Component::Single(0)]);
    Ok((rest, (hours.unwrap_or_default(), minutes, seconds)))
}

fn fits(list: &[Component], value: u32) -> bool {
    list.is_empty() || list.iter().any(|component| component.contains(value))
}

impl CalendarEvent {
    /// The first time after `now` at which the event is due, in the time zone of `now`; `None` when it never is.
    #[must_use]
    pub fn next_after(&self, now: DateTime) -> Option<DateTime> {
        let seconds_of = |now: DateTime| {
            let part = |value: i8| u32::try_from(value).unwrap_or_default();
            part(now.hour()) * 3600 + part(now.minute()) * 60 + part(now.second())
        };
        if let Some(time) = self.first_time(seconds_of(now) + 1).filter(|_| self.is_on(now.date())) {
            return at(now.date(), time);
        }
        let time = self.first_time(0)?;
        let mut day = now.date().tomorrow().ok()?;
        // The calendar repeats after 400 years; a year that is named ends the search long before.
        while day.year() < 2200 {
            if !fits(&self.years, u32::try_from(day.year()).unwrap_or_default()) {
                day = Date::new(day.year() + 1, 1, 1).ok()?;
                continue;
            }
            if self.is_on(day) {
                return at(day, time);
            }
            day = day.tomorrow().ok()?;
        }
        None
    }

    fn is_on(&self, day: Date) -> bool {
        let weekday = usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or_default();
        let part = |value: i8| u32::try_from(value).unwrap_or_default();
        self.days.get(weekday).copied().unwrap_or_default()
            && fits(&self.years, u32::try_from(day.year()).unwrap_or_default())
            && fits(&self.months, part(day.month()))
            && fits(&self.days_of_month, part(day.day()))
    }

    /// The first second of the day, from `from` on, that fits.
    fn first_time(&self, from: u32) -> Option<u32> {
        for hour in from / 3600..24 {
            if !fits(&self.hours, hour) {
                continue;
            }
            for minute in 0..60 {
                if !fits(&self.minutes, minute) {
                    continue;
                }
                let start = hour * 3600 + minute * 60;
                let second = (0..60).find(|second| start + second >= from && fits(&self.seconds, *second));
                if let Some(second) = second {
                    return Some(start + second);
                }
            }
        }
        None
    }

    /// How often it is due on a day on which it is at all.
    #[must_use]
    pub fn times_a_day(&self) -> usize {
        let count = |list: &[Component], of: u32| (0..of).filter(|value| fits(list, *value)).count();
        count(&self.hours, 24) * count(&self.minutes, 60) * count(&self.seconds, 60)
    }

    /// The weekdays on which it may be due.
    pub fn weekdays(&self) -> impl Iterator<Item = Weekday> + '_ {
        let all = [
            Weekday::Monday,
            Weekday::Tuesday,
            Weekday::Wednesday,
            Weekday::Thursday,
            Weekday::Friday,
            Weekday::Saturday,
            Weekday::Sunday,
        ];
        all.into_iter().zip(self.days).filter(|(_, wanted)| *wanted).map(|(day, _)| day)
    }
}

fn at(day: Date, second: u32) -> Option<DateTime> {
    let part = |value: u32| i8::try_from(value).ok();
    Some(day.at(part(second / 3600)?, part(second / 60 % 60)?, part(second % 60)?, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(text: &str) -> Option<String> {
        let now = jiff::civil::date(2025, 11, 22).at(8, 26, 40, 0);
        parse(text.as_bytes()).unwrap().next_after(now).map(|next| next.to_string())
    }

    #[test]
    fn hours_that_are_none_are_minutes() {
        assert_eq!(next("24:00").as_deref(), Some("2025-11-22T09:24:00"));
        assert_eq!(next("2:30").as_deref(), Some("2025-11-23T02:30:00"));
        assert_eq!(next("12").as_deref(), Some("2025-11-22T09:12:00"));
        assert_eq!(next("mon..fri").as_deref(), Some("2025-11-24T00:00:00"));
    }

    #[test]
    fn some_events_never_come() {
        for text in ["02-30", "2020-01-01", "*-2-31 4:00"] {
            assert_eq!(next(text), None, "{text}");
        }
        assert_eq!(next("02-29").as_deref(), Some("2028-02-29T00:00:00"));
    }

    #[test]
    fn refusals_say_where() {
        let said = |text: &str| parse(text.as_bytes()).unwrap_err().to_string();
        assert!(said("mon-fri 02:00").ends_with("at '-fri 02:00' - Nom(Eof)"));
        assert!(said("foo").ends_with("at 'foo' - Context(\"weekday\")"));
        assert!(said("61").ends_with("at '61' - Context(\"date or time specification\")"));
    }
}
