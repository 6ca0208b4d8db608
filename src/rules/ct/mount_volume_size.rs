//! A size in place of a volume.

use super::{Ct, all_mounts, conf, display_name, finding_in_main, line_number, remove_line, set};
use crate::finding::Level;
use crate::model::volume::VolumeId;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for (option, props) in all_mounts(guest) {
        let Some(volume) = props.get("volume") else { continue };
        let Some(id) = VolumeId::parse(volume.value) else { continue };
        let Some(size) = id.new_disk_size() else { continue };
        let key = words::name(option.key);
        let (size, storage) = (words::name(size), words::name(id.storage));
        let mut finding = finding_in_main(guest, option.key, volume.span, format!("`{key}` of {} has no volume yet", display_name(guest)))
            .label(format!("a request for {size} GiB on `{storage}`, not a volume"))
            .consequence("Only `pct set` and the API create a volume from this. In the file it is the name of a volume, which doesn't exist: the container doesn't start.");
        if option.key != b"rootfs" {
            let value = option.span.bytes(guest.config.text);
            finding = match set(guest, option.key, value).line() {
                Some(line) => finding.edit(format!("{}, then: {line}", remove_line(guest, volume.span))),
                None => finding,
            };
        } else {
            finding = finding.edit(format!(
                "name the container's volume in line {} of {}; `pvesm list {storage}` shows it",
                line_number(guest, volume.span),
                conf(guest)
            ));
        }
        sink.push(finding);
    }
}
