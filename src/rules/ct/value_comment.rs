//! A remark behind a value.

use super::{Ct, found, is_overridden, line, placed, rule, write_as};
use crate::finding::Level;
use crate::model::container::Why;
use crate::model::idmap::is_map_key;
use crate::model::schema::Kind;
use crate::model::tables::lxc as table;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = rule("ct-value-comment", Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let config = &guest.config;
    for odd in config.odd.iter().filter(|odd| odd.why == Why::TrailingComment) {
        let known = table::option(odd.key, config.release);
        let is_raw = odd.key.starts_with(b"lxc.");
        let level = match known {
            // Free text, where # is just a character.
            _ if odd.key.starts_with(b"lxc.environment") || matches!(odd.key, b"entrypoint" | b"env") => continue,
            _ if is_map_key(odd.key, config.release) || is_overridden(guest, odd) => continue,
            None if !is_raw => continue,
            Some(option) if option.schema().is_some() || option.property.kind != Kind::String => RULE.level,
            // The fields behind the options are read as numbers, and what isn't one as 0.
            None if odd.key == b"lxc.mount.entry" => Level::Note,
            _ => Level::Warning,
        };
        let line = line(guest, odd.span);
        let comment = odd.span.bytes(config.text);
        let value = line.strip_suffix(comment).unwrap_or(line).trim_ascii_end();
        let name = words::name(odd.key);
        let finding = found(guest, odd.place, odd.key, odd.span, format!("the remark is part of the value of {name}"))
            .label("PVE knows no comments behind a value")
            .pve("PVE takes everything up to the line's end for the value.")
            .edit(write_as(guest, odd.span, value));
        sink.push(placed(finding, level, odd.place));
    }
}
