//! `pvelint access escalate`: who can reach more than they have, and by which shortest chain.

use std::io::Write;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::answer;
use super::{Ask, Failure, Format, Outcome, ReadArgs};
use crate::access::escalate::{By, Escalation, Goal, Reach, Reached, Step, World, words::listed};
use crate::access::{Access, Change, Explainer, Sentence, apply, revoking, some_names};
use crate::finding::Fix;
use crate::model::user::{ROOT, SubjectIx, SubjectKind, UserCfg};
use crate::text::{printable, printable_str};

/// ACLs that are taken away one after the other, until a chain is gone and no other leads there, before it is given up.
const MAX_REVOKES: usize = 8;
/// Goals for which it is worked out what stops them.
const STOPS: usize = 4;
/// Goals of one kind that are listed for each subject before they are counted.
const GOALS: usize = 5;
/// Subjects that are named in one line before they are counted.
const NAMED: usize = 4;

#[derive(Debug, Args)]
pub(super) struct EscalateArgs {
    /// User or token whose chains are told in full: alice@pve, ci@pve!deploy [default: everybody, in short]
    subject: Option<String>,

    /// Only what reaches as much
    #[arg(long, value_enum, value_name = "REACH")]
    to: Option<To>,

    #[command(flatten)]
    read: ReadArgs,

    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How much is reached, the most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum To {
    /// Every privilege on every path
    Administrator,
    /// Root on a node
    NodeRoot,
    /// A hold on nodes: their devices, their configuration, any storage definition
    Host,
    /// More privileges than there were
    Privileges,
    /// Root inside a guest, a copy of its disks, the login prompt of a node
    Guest,
}

impl To {
    const fn of(reach: Reach) -> Self {
        match reach {
            Reach::Administrator => Self::Administrator,
            Reach::NodeRoot => Self::NodeRoot,
            Reach::Host => Self::Host,
            Reach::Privileges => Self::Privileges,
            Reach::Guest => Self::Guest,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::NodeRoot => "node-root",
            Self::Host => "host",
            Self::Privileges => "privileges",
            Self::Guest => "guest",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Administrator => "can become administrator:",
            Self::NodeRoot => "can become root on a node:",
            Self::Host => "have a hold on nodes:",
            Self::Privileges => "can get more privileges than they have:",
            Self::Guest => "get into guests or to a login prompt by what their rights are for:",
        }
    }
}

pub(super) fn run(args: &EscalateArgs, colour: bool, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let sources = args.read.load()?;
    let cluster = args.read.cluster(&sources)?;
    let ask = Ask::new(&cluster)?;
    let world = World::of(&cluster);
    let asked = Asked { ask: &ask, world: &world, escalation: Escalation::new(&ask.access, &world), to: args.to };
    match &args.subject {
        Some(subject) => asked.one(ask.subject(subject)?, args.format, colour, out),
        None => asked.everybody(args.format, out),
    }
}

struct Asked<'t, 'c, 'a> {
    ask: &'t Ask<'c, 'a>,
    world: &'t World,
    escalation: Escalation<'t, 'c, 'a>,
    to: Option<To>,
}

impl Asked<'_, '_, '_> {
    /// The goals that were asked for. What administrators can do besides, or root on a node, isn't told again.
    fn wanted<'r>(&self, reached: &'r Reached) -> Vec<&'r Goal> {
        let most = reached.goals.first().map(|goal| goal.reach);
        let told = |goal: &&Goal| match (self.to, most) {
            (Some(to), _) => To::of(goal.reach) == to,
            (None, Some(Reach::Administrator)) => goal.reach == Reach::Administrator,
            (None, Some(Reach::NodeRoot)) => goal.reach != Reach::Host,
            (None, _) => true,
        };
        reached.goals.iter().filter(told).collect()
    }

    /// Whether a goal is more than the rights are there for, or just what was asked for.
    fn counts(&self, goal: &Goal) -> bool {
        self.to.is_some() || goal.reach != Reach::Guest
    }

    fn everybody(&self, format: Format, out: &mut dyn Write) -> Result<Outcome, Failure> {
        let all = self.escalation.everybody();
        let able = |reached: &&Reached| reached.who.iter().any(|who| self.disabled(*who).is_none());
        let found = all.iter().filter(able).flat_map(|reached| self.wanted(reached)).any(|goal| self.counts(goal));
        match format {
            Format::Json => {
                let some = all.iter().filter(|reached| reached.full || !self.wanted(reached).is_empty());
                let value = json!({
                    "release": self.ask.cfg.release.major(),
                    "reached": some.map(|reached| self.json(reached, None)).collect::<Vec<_>>(),
                });
                super::print_json(out, "escalate", value)?;
            }
            Format::Text => self.list(&all, out)?,
        }
        Ok(if found { Outcome::Findings } else { Outcome::Clean })
    }

    fn list(&self, all: &[Reached], out: &mut dyn Write) -> Result<(), Failure> {
        let mut first = true;
        for to in To::value_variants() {
            let of = |goal: &&Goal| To::of(goal.reach) == *to;
            let rows = all.iter().flat_map(|reached| {
                let goals = self.wanted(reached).into_iter().filter(of).take(GOALS);
                goals.map(move |goal| (reached, goal))
            });
            let mut rows: Vec<_> = rows.collect();
            rows.sort_by_key(|(_, goal)| goal.steps.len());
            if rows.is_empty() || (*to == To::Guest && self.to.is_none()) {
                continue;
            }
            writeln!(out, "{}{}", if first { "" } else { "\n" }, to.title())?;
            first = false;
            for (reached, goal) in &rows {
                let steps = match goal.steps.len() {
                    1 => "1 step".to_owned(),
                    count => format!("{count} steps"),
                };
                let what = match (*to, goal.steps.as_slice()) {
                    // Where there is one step, the goal says it.
                    (To::Guest | To::Host, [step]) => format!("{} ({})", self.escalation.goal(goal), self.needs(step)),
                    _ => format!("{steps}: {}", self.escalation.chain_in_short(goal)),
                };
                writeln!(out, "  {}  {what}", self.names(&reached.who))?;
            }
            let more: usize = all.iter().map(|one| self.wanted(one).into_iter().filter(of).count()).sum();
            if more > rows.len() {
                writeln!(out, "  and {} more ways of these, which `escalate SUBJECT` tells", more - rows.len())?;
            }
        }
        if first {
            writeln!(out, "nobody reaches more than they have{}", self.kind())?;
        }
        let mut ends = Vec::new();
        let guests = all.iter().filter(|reached| self.to.is_none() && self.only_guests(reached));
        let guests: Vec<_> = guests.flat_map(|reached| &reached.who).copied().collect();
        if !guests.is_empty() {
            let verb = if guests.len() == 1 { "gets" } else { "get" };
            let names = self.names(&guests);
            ends.push(format!(
                "{names} {verb} into guests or to a login prompt by what their rights are for (--to guest)"
            ));
        }
        let full = all.iter().filter(|reached| reached.full).flat_map(|reached| &reached.who).copied();
        let root = self.ask.cfg.subject_ix(SubjectKind::User, ROOT);
        let full: Vec<_> = root.into_iter().chain(full).collect();
        let verb = if full.len() == 1 { "has" } else { "have" };
        ends.push(format!("{} {verb} every privilege anyway", self.names(&full)));
        writeln!(out, "{}{}", if first { "" } else { "\n" }, ends.join("\n"))?;
        if all.iter().any(|reached| reached.cut) {
            writeln!(out, "note: there is too much to reach here to follow all of it; somebody may reach more")?;
        }
        Ok(())
    }

    fn only_guests(&self, reached: &Reached) -> bool {
        reached.goals.first().is_some_and(|goal| goal.reach == Reach::Guest)
    }

    fn kind(&self) -> String {
        self.to.map(|to| format!(" (--to {})", to.name())).unwrap_or_default()
    }

    fn needs(&self, step: &Step) -> String {
        let on =
            |need: &crate::access::escalate::Need| format!("{} on {}", need.privilege, self.escalation.path(need.at));
        let needs: Vec<_> = step.needs.iter().map(on).collect();
        needs.join(", ")
    }

    fn one(&self, subject: &str, format: Format, colour: bool, out: &mut dyn Write) -> Result<Outcome, Failure> {
        let reached = self.escalation.of(subject.as_bytes());
        let goals = self.wanted(&reached);
        let found = goals.iter().any(|goal| self.counts(goal));
        match format {
            Format::Json => {
                let mut value = json!({ "subject": subject, "release": self.ask.cfg.release.major() });
                if let (Some(fields), Value::Object(more)) = (value.as_object_mut(), self.json(&reached, Some(subject)))
                {
                    fields.extend(more.into_iter().filter(|(name, _)| name != "who"));
                    fields.insert("remarks".to_owned(), self.ask.told_json(&self.ask.remarks(subject)));
                }
                super::print_json(out, "escalate", value)?;
            }
            Format::Text => self.tell(subject, &reached, &goals, colour, out)?,
        }
        Ok(if found { Outcome::Findings } else { Outcome::Clean })
    }

    fn tell(
        &self,
        subject: &str,
        reached: &Reached,
        goals: &[&Goal],
        colour: bool,
        out: &mut dyn Write,
    ) -> Result<(), Failure> {
        let name = printable_str(subject);
        if reached.full {
            writeln!(out, "{name} has every privilege anyway")?;
        } else if !goals.iter().any(|goal| self.counts(goal)) {
            writeln!(out, "{name} reaches nothing that it doesn't have{}", self.kind())?;
        }
        // What rights are there for is told in one line each, unless it was asked for.
        let (brief, full): (Vec<&Goal>, Vec<&Goal>) = goals.iter().copied().partition(|goal| !self.counts(goal));
        for (nth, goal) in full.iter().enumerate() {
            if nth > 0 {
                writeln!(out)?;
            }
            self.tell_goal(subject, goal, colour, out)?;
            if nth < STOPS {
                let stops: Vec<_> = self.stops(subject, goal).into_iter().collect();
                answer::write_fixes("what stops it:", &stops, out)?;
            }
        }
        if !brief.is_empty() {
            let front = if full.is_empty() { "" } else { "\n" };
            writeln!(out, "{front}by what the rights are for, {name} can")?;
        }
        for goal in brief {
            let how = match goal.steps.as_slice() {
                [step] => self.needs(step),
                [before @ .., _] => format!("first {}", self.escalation.steps_in_short(before)),
                [] => continue,
            };
            writeln!(out, "  {} ({how})", self.escalation.goal(goal))?;
        }
        answer::write_remarks(&self.remarks(subject, reached), out)?;
        Ok(())
    }

    fn tell_goal(&self, subject: &str, goal: &Goal, colour: bool, out: &mut dyn Write) -> Result<(), Failure> {
        writeln!(out, "{} can {}", printable_str(subject), self.escalation.goal(goal))?;
        let mut told = Vec::new();
        for (nth, step) in goal.steps.iter().enumerate() {
            let text = self.escalation.step(step);
            match goal.steps.len() {
                // What the headline says isn't said again.
                1 if text == self.escalation.goal(goal) => {}
                1 => writeln!(out, "  {text}")?,
                _ => writeln!(out, "  {}. {text}", nth + 1)?,
            }
            for need in &step.needs {
                writeln!(out, "    needs {} on {}:", need.privilege, self.escalation.path(need.at))?;
                for line in self.need(subject, need, &goal.steps) {
                    writeln!(out, "      {}", line.text)?;
                    told.push(line);
                }
            }
        }
        if goal.reach == Reach::Privileges && !goal.gained.is_empty() {
            writeln!(out, "  gained: {}", some_names(goal.gained))?;
        }
        write!(out, "{}", self.ask.drawing(&told, colour))?;
        Ok(())
    }

    /// Where a need comes from. What is somebody else's begins with the name.
    fn need(&self, subject: &str, need: &crate::access::escalate::Need, steps: &[Step]) -> Vec<Sentence> {
        let at = |span| self.ask.at(span);
        let teller = Explainer::new(&self.ask.access, &at);
        self.escalation.need(subject.as_bytes(), need, steps, &teller)
    }

    fn remarks(&self, subject: &str, reached: &Reached) -> Vec<Sentence> {
        let mut remarks = self.ask.remarks(subject);
        if reached.cut {
            remarks.push(Sentence::new("there is too much to reach here to follow all of it: it may reach more"));
        }
        let delegates = if reached.full { Vec::new() } else { self.escalation.delegates(subject.as_bytes()) };
        if let Some((privilege, place)) = delegates.first() {
            let more = match delegates.iter().map(|(_, place)| place.count).sum::<usize>() {
                1 => String::new(),
                count => format!(" and {} more", count - 1),
            };
            remarks.push(Sentence::new(format!(
                "with {privilege} it may give others what it has on {}{more}, and take it from others: that is delegation, and \
                 isn't counted here",
                printable(&place.path)
            )));
        }
        remarks
    }

    /// What takes the chain away, and every other one that leads as far; tried out in memory.
    fn stops(&self, subject: &str, goal: &Goal) -> Option<Fix> {
        let id = subject.as_bytes();
        let mut changes: Vec<Change> = Vec::new();
        for _ in 0..MAX_REVOKES {
            let text = apply(self.ask.cfg, &changes);
            let after = UserCfg::parse(&text, self.ask.cfg.release);
            let access = Access::new(&after);
            let escalation = Escalation::new(&access, self.world);
            let left = escalation.of(id).goals.into_iter().find(|left| {
                let same = self.escalation.name_of(goal) == escalation.name_of(left) && goal.edge() == left.edge();
                left.reach == goal.reach && (goal.reach == Reach::Administrator || same)
            });
            let Some(left) = left else { return revoking(&changes) };
            let entry = escalation.starts(id, &left).into_iter().next()?;
            changes.push(Change::revoke(&after, &entry));
        }
        None
    }

    fn json(&self, reached: &Reached, subject: Option<&str>) -> Value {
        let ids = reached.who.iter().map(|who| self.ask.cfg.subject_id(*who).to_string());
        let id = subject.map_or_else(|| ids.clone().next().unwrap_or_default(), str::to_owned);
        let goals = self.wanted(reached).into_iter().map(|goal| {
            let steps = goal.steps.iter().map(|step| {
                let needs = step.needs.iter().map(|need| {
                    let told = self.need(&id, need, &goal.steps);
                    json!({
                        "privilege": need.privilege.name(),
                        "path": self.escalation.path(need.at),
                        "step": match need.by { By::Own => None, By::Step(before) => Some(before + 1) },
                        "chain": self.ask.told_json(&told),
                    })
                });
                json!({
                    "edge": step.edge.id(),
                    "text": self.escalation.step(step),
                    "needs": needs.collect::<Vec<_>>(),
                })
            });
            json!({
                "reach": To::of(goal.reach).name(),
                "text": self.escalation.goal(goal),
                "steps": steps.collect::<Vec<_>>(),
                "gained": goal.gained.iter().map(|privilege| privilege.name()).collect::<Vec<_>>(),
            })
        });
        json!({
            "who": ids.clone().collect::<Vec<_>>(),
            "full": reached.full,
            "complete": !reached.cut,
            "goals": goals.collect::<Vec<_>>(),
        })
    }

    /// The subjects that have the same rights, the first few by name.
    fn names(&self, who: &[SubjectIx]) -> String {
        let name = |who: &SubjectIx| {
            let name = printable(self.ask.cfg.subject_id(*who));
            self.disabled(*who).map_or(name.clone(), |why| format!("{name} ({why})"))
        };
        let names: Vec<_> = who.iter().take(NAMED).map(name).collect();
        listed(&names, who.len())
    }

    /// Why somebody can't log in, if so.
    fn disabled(&self, who: SubjectIx) -> Option<&'static str> {
        let cfg = self.ask.cfg;
        let id = cfg.subject_id(who);
        let token = cfg.token(id);
        let user = token.map_or_else(|| cfg.user(id), |token| cfg.users.get(token.user.index()))?;
        let now = u64::try_from(jiff::Timestamp::now().as_second()).unwrap_or_default();
        let past = |expire: u64| expire > 0 && expire < now;
        if !user.enable.value {
            Some("disabled")
        } else if past(user.expire.value) || token.is_some_and(|token| past(token.expire.value)) {
            Some("expired")
        } else {
            None
        }
    }
}
