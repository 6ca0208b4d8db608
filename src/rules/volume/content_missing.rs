//! Guests have volumes on a storage that may not hold such.

use super::{Use, related};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::storage::Section;
use crate::model::tables::storage::{ContentKind, ContentSet};
use crate::rules::storage::{StorageView, article, kinds, kinds_in_words, without_content_line};
use crate::rules::{Context, Rule, Sink};
use crate::text::Span;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    let unread = without_content_line(&view);
    for storage in context.uses().storages() {
        let Some(section) = storage.storage() else { continue };
        if section.is_disabled() || unread.contains(&**section.id.value) {
            continue;
        }
        let mut missing = ContentSet::EMPTY;
        let mut uses: Vec<(&Use<'_>, ContentKind)> = Vec::new();
        for one in storage.uses.iter().filter(|one| !one.is_unused) {
            if let Some(kind) = one.needed_kind().filter(|&kind| !section.content.kinds.has(kind)) {
                missing = missing.with(kind);
                uses.push((one, kind));
            }
        }
        // Those first that can't start.
        uses.sort_by_key(|(one, _)| one.starts_without_kind());
        let Some(((first, kind), others)) = uses.split_first() else { continue };
        sink.push(report(&view, section, (first, *kind), others, missing));
    }
}

fn report(
    view: &StorageView<'_, '_>,
    section: &Section<'_>,
    (first, kind): (&Use<'_>, ContentKind),
    others: &[(&Use<'_>, ContentKind)],
    missing: ContentSet,
) -> Finding {
    let id = section.id.value;
    let mut finding = view
        .finding(
            section,
            Span::default(),
            format!("storage `{id}` isn't allowed to hold {}, but {} is on it", thing(kind), first.drive()),
        )
        .label(format!("needs {kind}"));
    finding.primary.place = first.place();
    let content = section.property("content").filter(|_| section.content.explicit);
    finding = match content {
        Some(content) => finding.secondary(
            view.at(content.value.span),
            format!("no {} here", missing.iter().map(ContentKind::name).collect::<Vec<_>>().join(", no ")),
        ),
        None if section.header.is_empty() => finding,
        None => finding.secondary(
            view.at(section.header),
            format!("without content, it holds {}", kinds_in_words(section.content.kinds)),
        ),
    };
    let rest: Vec<&Use<'_>> = others.iter().map(|(one, _)| *one).collect();
    finding = related(finding, &rest, |one| {
        format!("{} needs {}", one.drive(), one.needed_kind().map_or("", ContentKind::name))
    });
    finding = if first.starts_without_kind() {
        finding
            .at_level(Level::Warning)
            .consequence("The container starts, but changing the mount point, migrating and restoring it fail.")
    } else if first.is_container {
        finding.consequence(format!("The container doesn't start, and can't be changed, migrated or restored: `storage '{id}' does not support containers`."))
    } else {
        finding.consequence(format!(
            "The VM doesn't start and can't be migrated: `storage '{id}' does not support content-type '{kind}'`."
        ))
    };
    let possible = section.storage_type.map_or(ContentSet::EMPTY, |known| known.content(view.cfg.release));
    let impossible = missing.iter().find(|&kind| !possible.has(kind));
    let all = missing.iter().fold(section.content.kinds, ContentSet::with).without(ContentKind::None);
    match impossible {
        Some(kind) => finding.edit(format!(
            "{} {} storage can't hold {}: move the volume to another storage",
            article(section.type_name()),
            section.type_name(),
            thing(kind)
        )),
        None => view.set(finding, section, "content", &kinds(all), content.map(|content| content.line)),
    }
}

/// What a kind is to people.
fn thing(kind: ContentKind) -> &'static str {
    match kind {
        ContentKind::Backup => "backups",
        ContentKind::Images => "VM disks",
        ContentKind::Import => "images to import",
        ContentKind::Iso => "ISO images",
        ContentKind::None => "nothing",
        ContentKind::Rootdir => "container volumes",
        ContentKind::Snippets => "snippets",
        ContentKind::Vztmpl => "container templates",
    }
}
