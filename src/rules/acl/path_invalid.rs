//! An ACL line whose path PVE can't read.

use super::{Who, acl, modify, same_flag, subjects, values};
use crate::cluster::Input;
use crate::finding::{Command, Finding, Level};
use crate::model::user::{AclLine, PathFault, Reason, UserCfg, acl_components};
use crate::rules::user::{GONE, each_dropped};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_dropped(context, sink, |look, dropped| {
        let Reason::AclPath { path, fault } = dropped.reason else { return None };
        let line = look.model.acl_line(dropped.line)?;
        let shown = words::name(path);
        let message = if path.is_empty() {
            "PVE ignores this ACL: it has no path".to_owned()
        } else {
            format!("PVE ignores this ACL: {shown:?} isn't a valid path")
        };
        let shape = shape(line, look.model);
        let label = match (shape, fault) {
            (Shape::NoFlag, _) => "the path is one field further left: the propagate flag is missing".to_owned(),
            (Shape::Swapped, _) => "the path comes first, then the subjects".to_owned(),
            (Shape::Several, _) => "a line has one path".to_owned(),
            (Shape::Other, PathFault::Empty) => "the path of everything is /".to_owned(),
            (Shape::Other, PathFault::Byte(byte)) if byte.is_ascii_graphic() => {
                format!("a path can't contain {}", char::from(byte))
            }
            (Shape::Other, PathFault::Byte(b' ' | b'\t')) => "a path can't contain blanks".to_owned(),
            (Shape::Other, PathFault::Byte(_)) => "only ASCII letters, digits, dots, dashes and underscores".to_owned(),
        };
        let finding = Finding::new(acl(&shown, &subjects(line)), look.at(dropped.span), message)
            .label(label)
            .consequence(format!("This line grants nothing. {GONE}"));
        let commands = commands(line, look.model, shape);
        Some(if commands.is_empty() {
            finding.edit("write one path of letters, digits, dots, dashes, underscores and slashes")
        } else {
            finding.fix_commands(commands, "")
        })
    });
}

/// What has probably happened to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// `acl:PATH:SUBJECTS:ROLES:`
    NoFlag,
    /// `acl:1:SUBJECT:PATH:ROLES:`
    Swapped,
    /// Several paths in one line.
    Several,
    Other,
}

fn shape(line: &AclLine<'_>, model: &UserCfg<'_>) -> Shape {
    let somebody = !Who::of(model, values(&line.paths)).is_empty();
    if line.flag.value.starts_with(b"/") {
        Shape::NoFlag
    } else if somebody
        && line.subjects.iter().all(|subject| subject.value.starts_with(b"/"))
        && !line.subjects.is_empty()
    {
        Shape::Swapped
    } else if line.paths.len() > 1
        && line.paths.iter().all(|path| path.value.starts_with(b"/") && acl_components(path.value).is_ok())
    {
        Shape::Several
    } else {
        Shape::Other
    }
}

/// The commands that give what the line was meant to give; none when that isn't certain.
fn commands(line: &AclLine<'_>, model: &UserCfg<'_>, shape: Shape) -> Vec<Command> {
    let commands: Option<Vec<_>> = match (shape, line.subjects.as_slice()) {
        (Shape::NoFlag, roles) => {
            modify(model, line.flag.value, &Who::of(model, values(&line.paths)), values(roles), None)
                .map(|one| vec![one])
        }
        (Shape::Swapped, paths) => {
            let who = Who::of(model, values(&line.paths));
            paths.iter().map(|path| modify(model, path.value, &who, values(&line.roles), same_flag(line))).collect()
        }
        (Shape::Several, subjects) => {
            let who = Who::of(model, values(subjects));
            line.paths
                .iter()
                .map(|path| modify(model, path.value, &who, values(&line.roles), same_flag(line)))
                .collect()
        }
        (Shape::Other, _) => None,
    };
    // More than a screen of commands helps nobody.
    commands.filter(|commands| commands.len() <= 10).unwrap_or_default()
}
