//! The rule book: the text beside each rule, one section for each.
//!
//! `lints.md` has the same for people to read, with the line of facts under each heading. Parsed only when
//! somebody asks (`explain`, `rules`, the tests), never during a check.

use crate::release::Release;

/// The whole book: `## ID` and the text of that rule, one after the other.
const BOOK: &str = include_str!(concat!(env!("OUT_DIR"), "/rules.md"));

/// One rule's section.
#[derive(Clone, Copy, Debug)]
pub struct Doc<'a> {
    /// The rule's id: the heading.
    pub id: &'a str,
    /// The section's text without its heading.
    pub text: &'a str,
}

/// What an example is expected to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The rule finds something.
    Bad,
    /// The rule finds nothing.
    Good,
}

/// An example of a section: the files of a small tree.
#[derive(Clone, Debug)]
pub struct Example<'a> {
    /// What it shows.
    pub verdict: Verdict,
    /// The release it is judged by, when it names one (`### Bad (PVE 8)`).
    pub release: Option<Release>,
    /// The release it is upgraded to, when it names one (`### Bad (PVE 7 to 8)`).
    pub target: Option<Release>,
    /// Path in the tree and content of each file.
    pub files: Vec<(&'a str, String)>,
    /// What the rule finds there, as the line below the files says: ``Gives: error at `user.cfg:2`, note at `user.cfg:5`.``
    pub gives: Option<String>,
}

/// All sections, in the book's order.
pub fn book() -> impl Iterator<Item = Doc<'static>> {
    BOOK.split("\n## ").skip(1).map(|section| {
        let (id, text) = section.split_once('\n').unwrap_or((section, ""));
        Doc { id: id.trim(), text }
    })
}

impl Doc<'static> {
    /// The section of rule `id`.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        book().find(|doc| doc.id == id)
    }
}

impl<'a> Doc<'a> {
    /// The first sentence: what the rule finds.
    #[must_use]
    pub fn summary(&self) -> String {
        let paragraph = self.text.trim_start().split("\n\n").next().unwrap_or_default().replace('\n', " ");
        let end = paragraph.find(". ").map_or(paragraph.trim_end_matches('.').len(), |at| at);
        paragraph.get(..end).unwrap_or(&paragraph).trim().to_owned()
    }

    /// The examples: under each `### Bad` or `### Good` heading, every fence whose info string is `conf PATH`, or
    /// `conf PATH (CR LF)` for a file with DOS line ends.
    #[must_use]
    pub fn examples(&self) -> Vec<Example<'a>> {
        let mut examples: Vec<Example<'a>> = Vec::new();
        let mut open: Option<(&'a str, &'static str, String)> = None;
        let mut in_example = false;
        for line in self.text.lines() {
            if let Some((path, end, mut content)) = open.take() {
                if line.trim_end() == "```" {
                    if let Some(example) = examples.last_mut() {
                        example.files.push((path, content));
                    }
                } else {
                    content.push_str(line);
                    content.push_str(end);
                    open = Some((path, end, content));
                }
            } else if let Some(heading) = line.strip_prefix("### ") {
                let verdict = if heading.starts_with("Bad") {
                    Some(Verdict::Bad)
                } else if heading.starts_with("Good") {
                    Some(Verdict::Good)
                } else {
                    None
                };
                in_example = verdict.is_some();
                let releases = heading.split_once("(PVE ").map_or("", |(_, rest)| rest.trim_end_matches(')'));
                let mut releases = releases.split(" to ").map(|release| release.parse().ok());
                let (release, target) = (releases.next().flatten(), releases.next().flatten());
                let example = |verdict| Example { verdict, release, target, files: Vec::new(), gives: None };
                examples.extend(verdict.map(example));
            } else if in_example && let Some(gives) = line.strip_prefix("Gives: ") {
                if let Some(example) = examples.last_mut() {
                    example.gives = Some(gives.to_owned());
                }
            } else if in_example && let Some(path) = line.strip_prefix("```conf ") {
                open = Some(match path.trim().strip_suffix(" (CR LF)") {
                    Some(path) => (path, "\r\n", String::new()),
                    None => (path.trim(), "\n", String::new()),
                });
            }
        }
        examples
    }
}
