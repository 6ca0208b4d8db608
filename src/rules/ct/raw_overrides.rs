//! An lxc.* line that overrides an option of the container.

use super::{Ct, conf, display_name, finding_in_main, line_number};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Warning, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let main = &guest.config.main;
    for raw in &main.raw {
        let net;
        let (option, level) = match raw.key {
            b"lxc.arch" => ("arch", RULE.level),
            b"lxc.uts.name" => ("hostname", RULE.level),
            b"lxc.tty.max" => ("tty", RULE.level),
            b"lxc.init.cmd" => ("entrypoint", RULE.level),
            b"lxc.cgroup2.memory.max" => ("memory", RULE.level),
            b"lxc.cgroup2.memory.swap.max" => ("swap", RULE.level),
            b"lxc.cgroup2.cpu.max" => ("cpulimit", RULE.level),
            b"lxc.cgroup2.cpu.weight" => ("cpuunits", RULE.level),
            // Pinning to certain CPUs, or a script of one's own, is done like this on purpose.
            b"lxc.cgroup2.cpuset.cpus" => ("cores", Level::Note),
            key => {
                let number = key
                    .strip_prefix(b"lxc.net.")
                    .and_then(|rest| rest.split(|&b| b == b'.').next())
                    .unwrap_or_default();
                if number.is_empty() {
                    continue;
                }
                net = format!("net{}", words::name(number));
                (net.as_str(), Level::Note)
            }
        };
        let Some(option) = main.get(option).filter(|option| *option.value != *raw.value && !raw.value.is_empty())
        else {
            continue;
        };
        let (key, name) = (words::name(raw.key), words::name(option.key));
        let finding = finding_in_main(
            guest,
            raw.key,
            raw.key_span,
            format!("`{key}` overrides `{name}` of {}", display_name(guest)),
        )
        .discriminator(words::name(raw.value))
        .at_level(level)
        .secondary(guest.at(option.span), "PVE still shows this")
        .consequence("PVE appends the lxc.* lines to what it generates from the options, and LXC uses the last.")
        .edit(format!("remove line {} of {}, and set {name}", line_number(guest, raw.key_span), conf(guest)));
        sink.push(finding);
    }
}
