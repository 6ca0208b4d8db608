//! A user that no list can name.

use rustc_hash::FxHashMap;

use super::{Look, each_quirk};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::QuirkKind;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    const SHOWN: usize = 3;
    let Some(look) = Look::of(context) else { return };
    let mut torn: FxHashMap<_, Vec<_>> = FxHashMap::default();
    for quirk in &look.model.quirks {
        if let QuirkKind::Torn { item, .. } = quirk.what {
            torn.entry(item).or_default().push(quirk.span);
        }
    }
    each_quirk(context, sink, |look, quirk| {
        let QuirkKind::Unlistable { user, byte } = quirk.what else { return None };
        let id = words::name(user);
        let label = match byte {
            b',' => "PVE reads the comma as the end of a list item".to_owned(),
            b';' => "PVE reads the semicolon as the end of a list item".to_owned(),
            0 => "there is a NUL byte in it".to_owned(),
            byte => format!("PVE reads byte 0x{byte:02X} inside a character as white space"),
        };
        let message = format!("groups and ACLs can't name user `{id}`");
        let mut finding = Finding::new(format!("user.cfg: user {id}"), look.at(quirk.span), message).label(label);
        let lists = torn.get(user).map(Vec::as_slice).unwrap_or_default();
        for list in lists.iter().take(SHOWN) {
            finding = finding.secondary(look.at(*list), "split here");
        }
        if lists.len() > SHOWN {
            finding = finding.note(format!("{} lists name it", lists.len()));
        }
        if !lists.is_empty() {
            finding = finding.at_level(Level::Error);
        }
        finding = finding.consequence(format!(
            "`{id}` can log in but never gets a permission: in a list PVE reads its name as two."
        ));
        if byte >= 0x80 {
            finding = finding.consequence(
                "In an ACL, PVE can even read what follows the byte as a group. That is so since pve-common 9.1.17.",
            );
        }
        Some(finding.edit("create a user with another name instead: users can't be renamed"))
    });
}
