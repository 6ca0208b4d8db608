//! A console that shows nothing, because the container has its own entry point.

use super::{Ct, display_name, finding_in_main, set};
use crate::finding::Level;
use crate::release::Release;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Warning, check).since(Release::Pve9);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let main = &guest.config.main;
    let Some(entrypoint) = main.get("entrypoint").filter(|option| &*option.value != b"/sbin/init") else { return };
    let mode = main.get("cmode");
    let is_tty = mode.is_none_or(|mode| &*mode.value == b"tty");
    let has_console = main.get("console").is_none_or(crate::model::container::Opt::is_true);
    if !is_tty || !has_console {
        return;
    }
    let finding = finding_in_main(
        guest,
        b"cmode",
        entrypoint.span,
        format!("the console of {} shows nothing", display_name(guest)),
    )
    .label("no init, so nothing opens a terminal")
    .consequence("The console mode tty needs a getty inside the container, which a custom entry point doesn't start.")
    .fix_command_when(set(guest, b"cmode", "console"), "what the program prints")
    .fix_command_when(set(guest, b"cmode", "shell"), "a shell in the container");
    sink.push(finding);
}
