//! An architecture that LXC doesn't know.

use super::{Ct, conf, finding_in_main, line_number, set};
use crate::finding::Level;
use crate::model::container::QuirkKind;
use crate::model::tables::lxc as table;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let Some(arch) = guest.config.main.get("arch") else { return };
    let known = |value: &[u8]| table::ARCHITECTURES.iter().any(|known| known.as_bytes() == value);
    if known(&arch.value)
        || guest.config.quirks.iter().any(|quirk| quirk.why == QuirkKind::Glued && quirk.key == b"arch")
    {
        return;
    }
    let name = words::name(&arch.value);
    let allowed = table::single(b"arch").map(|option| option.property.values).unwrap_or_default();
    let near = match name.as_str() {
        "riscv32" => Some("riscv64"),
        _ => words::did_you_mean(&arch.value, allowed.iter().copied().filter(|value| known(value.as_bytes()))),
    };
    let finding = finding_in_main(guest, b"arch", arch.span, format!("LXC doesn't know the architecture `{name}`"))
        .label(near.map_or_else(String::new, |near| format!("did you mean `{near}`?")))
        .discriminator(name)
        .consequence("The container doesn't start: `Unsupported personality`. PVE itself doesn't check the value.");
    sink.push(match near {
        Some(near) => finding.fix_command(set(guest, b"arch", near)),
        None => finding.edit(format!(
            "write the container's architecture into line {} of {}",
            line_number(guest, arch.span),
            conf(guest)
        )),
    });
}
