//! A remark behind a value.

use super::{Ct, finding_in, is_overridden, level_for_section, line, write_as};
use crate::finding::Level;
use crate::model::container::QuirkKind;
use crate::model::idmap::is_map_key;
use crate::model::schema::Kind;
use crate::model::tables::lxc as table;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let config = &guest.config;
    for quirk in config.quirks.iter().filter(|quirk| quirk.why == QuirkKind::TrailingComment) {
        let known = table::option(quirk.key, config.release);
        let is_raw = quirk.key.starts_with(b"lxc.");
        let level = match known {
            // Free text, where # is just a character.
            _ if quirk.key.starts_with(b"lxc.environment") || matches!(quirk.key, b"entrypoint" | b"env") => continue,
            _ if is_map_key(quirk.key, config.release) || is_overridden(guest, quirk) => continue,
            None if !is_raw => continue,
            Some(option) if option.schema().is_some() || option.property.kind != Kind::String => RULE.level,
            // The fields behind the options are read as numbers, and what isn't one as 0.
            None if quirk.key == b"lxc.mount.entry" => Level::Note,
            _ => Level::Warning,
        };
        let line = line(guest, quirk.span);
        let comment = quirk.span.bytes(config.text);
        let value = line.strip_suffix(comment).unwrap_or(line).trim_ascii_end();
        let name = words::name(quirk.key);
        let finding = finding_in(
            guest,
            quirk.place,
            quirk.key,
            quirk.span,
            format!("the comment is part of the value of `{name}`"),
        )
        .label("there are no comments after a value")
        .consequence("PVE reads everything up to the end of the line as the value.")
        .edit(write_as(guest, quirk.span, value));
        sink.push(level_for_section(finding, level, quirk.place));
    }
}
