//! A word in `content` that is no content kind: the whole line is ignored.

use super::{StorageView, article, kinds, kinds_in_words, short};
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::PATH;
use crate::model::tables::storage::{ContentKind, ContentSet};
use crate::release::Release;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    let cfg = view.cfg;
    let release = view.release();
    for refused in view.refused().filter(|refused| refused.is("content")) {
        let (section, Some((_, value))) = (refused.section, refused.problem()) else { continue };
        let Some(known) = section.storage_type else { continue };
        let id = section.id.value;
        let possible = known.content(release);
        let mut wanted = ContentSet::EMPTY;
        let mut bad = Vec::new();
        for item in cfg.items(value) {
            let kind = ContentKind::from_name(item.value).filter(|kind| kind.known_to(release));
            let meant = kind.or_else(|| suggestion(item.value, release));
            if kind.is_none() {
                bad.push((item, meant));
            }
            if let Some(kind) = meant.filter(|&kind| possible.has(kind)) {
                wanted = wanted.with(kind);
            }
        }
        let mut bad = bad.into_iter();
        let Some((first, first_meant)) = bad.next() else { continue };
        let mut finding = view
            .finding(section, first.span, format!("`{}` isn't a kind of content", short(first.value)))
            .label(label(first.value, first_meant, release));
        for (item, meant) in bad.take(4) {
            finding = finding.secondary(view.at(item.span), label(item.value, meant, release));
        }
        finding = finding.consequence(format!(
            "PVE ignores the whole line, so `{id}` holds what {} {} storage holds by default: {}. PVE refuses everything else there.",
            article(known.name),
            known.name,
            kinds_in_words(section.content.kinds)
        ));
        // What the guests use must stay possible once the line is fixed.
        let used = view.kinds_in_use(section);
        let added = used.iter().filter(|&kind| !wanted.has(kind)).fold(ContentSet::EMPTY, ContentSet::with);
        if !added.is_empty() && !wanted.is_empty() {
            finding = finding.note(format!("guests also have {} there", kinds_in_words(added)));
        }
        let all = used.iter().fold(wanted, ContentSet::with);
        let all = if all.len() > 1 { all.without(ContentKind::None) } else { all };
        sink.push(if all.is_empty() {
            finding.edit(format!(
                "write in line {} of {PATH} what it should hold, out of {}",
                view.line(value.span),
                kinds_in_words(possible.without(ContentKind::None))
            ))
        } else {
            view.set(finding, section, "content", &kinds(all), Some(value.span))
        });
    }
}

/// The kind that a word was meant to be.
fn suggestion(word: &[u8], release: Release) -> Option<ContentKind> {
    let lower = word.to_ascii_lowercase();
    if matches!(&*lower, b"template" | b"templates" | b"vztemplate") {
        return Some(ContentKind::Vztmpl);
    }
    let names = ContentKind::ALL.into_iter().filter(|kind| kind.known_to(release)).map(ContentKind::name);
    words::did_you_mean(word, names).and_then(|name| ContentKind::from_name(name.as_bytes()))
}

fn label(word: &[u8], meant: Option<ContentKind>, release: Release) -> String {
    match meant {
        Some(kind) => format!("did you mean {kind}?"),
        None if ContentKind::from_name(word).is_some() => format!("{release} doesn't know it"),
        None => String::new(),
    }
}
