//! A mount point over the root file system.

use super::{Ct, conf, display_name, finding_in_main, line_number, mount_path, mounts};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for (option, props) in mounts(guest) {
        let Some(target) = props.get("mp").filter(|target| matches!(&*mount_path(target.value), b"" | b"/." | b"/.."))
        else {
            continue;
        };
        let key = option.key;
        let label = if target.value.contains(&b'.') {
            "PVE needs a path below /"
        } else {
            "this is the root file system itself"
        };
        let finding = finding_in_main(
            guest,
            key,
            target.span,
            format!("`{}` of {} covers its root file system", words::name(key), display_name(guest)),
        )
        .label(label)
        .consequence("The container sees nothing but this mount and doesn't start.")
        .edit(format!(
            "choose another directory for mp= in line {} of {}",
            line_number(guest, target.span),
            conf(guest)
        ));
        sink.push(finding);
    }
}
