//! A storage in a pool that doesn't exist.

use crate::cluster::Input;
use crate::finding::{Command, Finding, Level};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::User, Input::Storage], check);

/// Names that are compared for a "did you mean".
const GUESSES: usize = 200;

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some((rights, _)) = context.rights() else { return };
    let Some(storages) = rights.objects.storages() else { return };
    let known: Vec<String> = storages.storages().map(|storage| words::name(storage.id.value)).collect();
    let members = rights.model.pools.iter().flat_map(|pool| pool.storage.iter().map(move |storage| (pool, storage)));
    let missing = members.filter(|(_, storage)| rights.objects.storage(storage.value) == Some(false));
    for (nth, (pool, storage)) in missing.enumerate() {
        let (name, id) = (words::name(pool.name.value), words::name(storage.value));
        let modify = || Command::new("pveum pool modify").arg(pool.name.value).words("--storage");
        let delete = || modify().arg(storage.value).words("--delete 1");
        let finding = Finding::new(
            format!("user.cfg: pool {name}"),
            rights.at(storage.span),
            format!("pool `{name}` lists storage `{id}`, which doesn't exist"),
        )
        .discriminator(&*id)
        .consequence("The next storage of this name is in the pool at once, with all permissions on the pool.");
        let guess =
            (nth < GUESSES).then(|| words::did_you_mean(storage.value, known.iter().map(String::as_str))).flatten();
        let finding = match guess {
            Some(guess) if pool.storage.iter().any(|member| member.value == guess) => {
                finding.label(format!("`{guess}` is in the pool, too"))
            }
            Some(guess) => finding
                .label(format!("did you mean `{guess}`?"))
                .fix_commands([modify().arg(guess), delete()], &format!("if {guess} is meant")),
            None => finding.label("not in storage.cfg"),
        };
        sink.push(finding.fix_command_when(delete(), "if it is left over"));
    }
}
