//! NUMA nodes that don't add up.

use super::{VmGuest, hotplugs, memory, numbered, was_dropped};
use crate::finding::Level;
use crate::model::schema;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Error, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    let main = any.main();
    if !any.is_on("numa") || hotplugs(main, "memory") || was_dropped(guest, b"numa") || was_dropped(guest, b"memory") {
        return;
    }
    let nodes: Vec<_> =
        numbered(main, "numa").filter_map(|(_, option)| Some((option, option.props.as_ref()?))).collect();
    let mut sum = Some(0.0);
    for (option, props) in &nodes {
        let key = words::name(option.key);
        let what = match (props.value("memory"), props.get("policy"), props.get("hostnodes")) {
            (memory, ..) if memory.is_none_or(|memory| schema::number::prefix(memory) == 0.0) => "has no memory",
            (_, None, Some(_)) => "has host nodes and no policy",
            (_, _, None) if main.get("hugepages").is_some() => "has huge pages and no host nodes",
            (memory, ..) => {
                sum = sum.map(|sum| sum + memory.map_or(0.0, schema::number::prefix));
                continue;
            }
        };
        sum = None;
        sink.push(
            any.finding(option.key, option.span, format!("`{key}` of {} {what}", any.display_name()))
                .consequence("The VM doesn't start.")
                .edit(format!("complete {}", any.line(option.span))),
        );
    }
    let (Some(sum), Some(memory), Some((first, _))) = (sum, memory(main), nodes.first()) else { return };
    #[expect(clippy::cast_precision_loss, reason = "no VM has that much memory")]
    if (sum - memory as f64).abs() < 0.5 {
        return;
    }
    sink.push(
        any.finding(
            first.key,
            first.span,
            format!("the NUMA nodes of {} have {sum} of its {memory} MiB", any.display_name()),
        )
        .consequence("The VM doesn't start: `total memory for NUMA nodes must be equal to vm static memory`.")
        .edit(format!("correct the memory of the nodes, beginning in {}", any.line(first.span))),
    );
}
