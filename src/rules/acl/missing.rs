//! ACLs on objects that don't exist.

use crate::finding::Finding;
use crate::rules::rights::{AclAnalysis, Object, Spot, Standing, last};
use crate::rules::{Context, Sink, words};

/// How the findings about one kind of object speak.
pub(super) struct Kind<'k> {
    /// Whether a path is of this kind.
    pub(super) is: fn(Object) -> bool,
    /// What such an object is called.
    pub(super) noun: &'k str,
    /// Where the path of an object of this kind begins.
    pub(super) prefix: &'k str,
    /// What happens when somebody makes one of that name.
    pub(super) later: &'k str,
    /// The names that exist, for "did you mean".
    pub(super) known: &'k dyn Fn(&AclAnalysis<'_>) -> Vec<String>,
}

/// One finding for each path of this kind whose object doesn't exist.
pub(super) fn report(context: &Context<'_>, sink: &mut Sink, kind: &Kind<'_>) {
    let Some((rights, _)) = context.rights() else { return };
    let missing =
        |spot: &&Spot| spot.standing == Standing::Checked && (kind.is)(spot.object) && spot.exists == Some(false);
    let mut known: Option<Vec<String>> = None;
    for (nth, spot) in rights.spots.iter().filter(missing).enumerate() {
        let entries = rights.entries(spot);
        let Some(first) = entries.first() else { continue };
        let name = match spot.path.strip_prefix(kind.prefix.as_bytes()) {
            Some(name) => words::name(name),
            None => words::name(last(&spot.path)),
        };
        let mut who: Vec<_> = entries.iter().map(|entry| entry.subject).collect();
        who.sort_unstable();
        who.dedup();
        let finding = Finding::new(
            format!("user.cfg: acl {}", words::name(&spot.path)),
            rights.at(first.path_span),
            format!("this ACL names {} `{name}`, which doesn't exist", kind.noun),
        )
        .consequence(format!(
            "It grants {} to {}, which has no effect yet. {}",
            rights.roles_named(entries),
            rights.all_named(&who, 3),
            kind.later
        ));
        // Enough guesses for any file that people write.
        let known = known.get_or_insert_with(|| (kind.known)(rights));
        let guess =
            (nth < 200).then(|| words::did_you_mean(name.as_bytes(), known.iter().map(String::as_str))).flatten();
        let delete = || rights.delete(&spot.path, entries);
        let finding = match guess {
            Some(guess) => {
                let path = format!("{}{guess}", kind.prefix);
                let modify = rights.modify(path.as_bytes(), entries);
                let finding = finding.label(format!("did you mean `{guess}`?"));
                if modify.is_empty() {
                    finding.edit(format!("write {path} in this line, if {guess} is meant"))
                } else {
                    finding.fix_commands(modify.into_iter().chain(delete()), &format!("if {guess} is meant"))
                }
            }
            None => finding.label("left over, or not created yet"),
        };
        let delete = delete();
        let finding = if delete.is_empty() {
            finding.edit("remove this line, if it is left over")
        } else {
            finding.fix_commands(delete, "if it is left over")
        };
        sink.push(finding);
    }
}
