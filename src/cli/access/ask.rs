//! The file that is asked, with everything to look up names in it and to show lines of it.

use super::hint;
use crate::access::fits::{self, Storage};
use crate::access::places::{Object, Objects, object};
use crate::access::{Access, Explainer, Sentence, names, operations};
use crate::cli::Failure;
use crate::cluster::Cluster;
use crate::finding::Label;
use crate::model::tables::access::Priv;
use crate::model::tables::storage::ContentKind;
use crate::model::user::{ROOT, SubjectKind, UserCfg};
use crate::report::{self, Files};
use crate::text::{FileId, Place, Span, printable_str};
use bstr::ByteSlice;
use serde_json::{Value, json};

/// One cluster's user.cfg and the engine for it.
#[derive(Debug)]
pub(super) struct Ask<'c, 'a> {
    pub(super) cluster: &'c Cluster<'a>,
    pub(super) cfg: &'c UserCfg<'a>,
    pub(super) access: Access<'c, 'a>,
    pub(super) files: Files<'a>,
    file: FileId,
    shown: String,
}

impl<'c, 'a> Ask<'c, 'a> {
    /// Prepares the answers.
    pub(super) fn new(cluster: &'c Cluster<'a>) -> Result<Self, Failure> {
        let Some(user) = &cluster.user else {
            return Err(Failure::Unreadable("no user.cfg to ask in there".to_owned()));
        };
        super::whole(cluster)?;
        let shown = cluster.sources.file(user.file).map_or("user.cfg", |file| &file.shown);
        let shown = shown.rsplit('/').next().unwrap_or(shown).to_owned();
        Ok(Self {
            cluster,
            cfg: &user.model,
            access: Access::new(&user.model),
            files: Files::new(cluster.sources),
            file: user.file,
            shown: printable_str(&shown).into_owned(),
        })
    }

    /// `user.cfg`, or what the file is called.
    pub(super) fn file_name(&self) -> &str {
        &self.shown
    }

    /// `user.cfg:14`.
    pub(super) fn at(&self, span: Span) -> String {
        format!("{}:{}", self.shown, self.line(span))
    }

    /// The number of the line that `span` begins in.
    pub(super) fn line(&self, span: Span) -> u32 {
        self.files.line(self.place(span))
    }

    /// The place of `span` of user.cfg.
    pub(super) fn place(&self, span: Span) -> Place {
        Place { file: self.file, span }
    }

    /// The lines that `told` speaks of, drawn.
    pub(super) fn drawing(&self, told: &[Sentence], colour: bool) -> String {
        let mut labels: Vec<Label> = Vec::new();
        for (span, text) in told.iter().flat_map(|told| &told.marks) {
            let place = self.place(*span);
            match labels.iter_mut().find(|label| label.place == place) {
                Some(label) if label.text.contains(text.as_str()) => {}
                Some(label) => label.text = format!("{}; {text}", label.text),
                None => labels.push(Label { place, text: text.clone() }),
            }
        }
        report::full::excerpts(&self.files, &labels, colour)
    }

    /// Sentences for a program: `[{"text": ..., "lines": [14]}]`.
    pub(super) fn told_json(&self, told: &[Sentence]) -> Value {
        let one = |told: &Sentence| {
            let lines: Vec<_> = told.marks.iter().map(|(span, _)| self.line(*span)).collect();
            json!({ "text": told.text, "lines": lines })
        };
        told.iter().map(one).collect()
    }

    /// Looks a user or token up. Whoever the file names counts, if only in an ACL or in a line that PVE drops.
    pub(super) fn subject<'t>(&self, text: &'t str) -> Result<&'t str, Failure> {
        let named = |kind| self.cfg.subject_ix(kind, text.as_bytes()).is_some();
        if text.as_bytes() == ROOT
            || named(SubjectKind::User)
            || named(SubjectKind::Token)
            || !Explainer::new(&self.access, &|span| self.at(span)).dropped(text.as_bytes()).is_empty()
        {
            return Ok(text);
        }
        if let Some(group) = text.strip_prefix('@').and_then(|name| self.cfg.group(name.as_bytes())) {
            let members: Vec<_> =
                group.members.iter().map(|member| self.cfg.subject_id(member.value).to_str_lossy()).collect();
            let members = if members.is_empty() { "it has none".to_owned() } else { members.join(", ") };
            return Err(Failure::Usage(format!("{text} is a group; ask for one of its members: {members}")));
        }
        let known: Vec<_> = self.subjects().collect();
        let hint = hint(text, known.iter().map(String::as_str), "`pvelint access who` and `matrix` show who is known");
        Err(Failure::Usage(format!("{} knows no user or token {text}; {hint}", self.shown)))
    }

    /// What has to be known about somebody apart from rights: dropped, undefined, disabled, expired by now.
    pub(super) fn remarks(&self, subject: &str) -> Vec<Sentence> {
        let now = u64::try_from(jiff::Timestamp::now().as_second()).ok();
        Explainer::new(&self.access, &|span| self.at(span)).remarks(subject.as_bytes(), now)
    }

    /// Everybody who can have rights: users and tokens, and users that only ACLs and groups name.
    pub(super) fn subjects(&self) -> impl Iterator<Item = String> {
        self.cfg
            .subjects
            .iter()
            .filter(|subject| match subject.kind {
                SubjectKind::User => true,
                SubjectKind::Token => subject.defined(),
                SubjectKind::Group => false,
            })
            .map(|subject| subject.id.to_str_lossy().into_owned())
    }

    /// What there is on the cluster: guests, storages, nodes.
    pub(super) fn objects(&self) -> fits::Objects {
        let cluster = self.cluster;
        let containers = cluster.containers.iter().map(|guest| guest.vmid);
        let guests = containers.chain(cluster.vms.iter().map(|guest| guest.vmid)).flatten();
        let storage = cluster.storage.iter().flat_map(|file| {
            let sections = file.model.sections.iter().filter(|section| section.is_effective());
            sections.chain(&file.model.implicit_local)
        });
        fits::Objects {
            guests: guests.map(|vmid| vmid.to_string()).collect(),
            storages: storage
                .map(|section| {
                    let takes = |kind| section.content.kinds.has(kind);
                    Storage {
                        id: section.id.value.to_string(),
                        disks: takes(ContentKind::Images) || takes(ContentKind::Rootdir),
                        isos: takes(ContentKind::Iso),
                        backups: takes(ContentKind::Backup),
                    }
                })
                .collect(),
            nodes: cluster.tree.nodes.iter().map(ToString::to_string).collect(),
        }
    }

    /// Looks a privilege of the release up.
    pub(super) fn privilege(&self, text: &str) -> Result<Priv, Failure> {
        names::privilege(text, self.cfg.release).map_err(Failure::Usage)
    }

    /// Checks an ACL path: one on which PVE looks privileges up, or takes ACLs.
    pub(super) fn path(&self, text: &str) -> Result<String, Failure> {
        names::path(text, self.cfg.release).map_err(Failure::Usage)
    }

    /// What the path is of, when that isn't in the files although it should be.
    pub(super) fn about_path(&self, path: &str) -> Vec<String> {
        let mut about = Vec::new();
        if path.ends_with("/-") {
            about.push("the `-` stands for what the call didn't name: the right has to come from above".to_owned());
            return about;
        }
        if Objects::of(self.cluster).exists(self.cfg, path.as_bytes()) == Some(false) {
            let name = path.split('/').skip(2).collect::<Vec<_>>().join("/");
            match object(path.as_bytes()) {
                Object::Guest(vmid) => about.push(format!("there is no guest {vmid}")),
                Object::Storage => about.push(format!("storage.cfg has no storage {name}")),
                Object::Pool => about.push(format!("there is no pool {name}")),
                Object::Node | Object::Realm | Object::Group | Object::Other => {}
            }
        }
        about
    }

    /// Looks an operation of the release up.
    pub(super) fn operation(&self, text: &str) -> Result<&'static operations::Operation, Failure> {
        let operation = operation(text)?;
        if operation.exists_in(self.cfg.release) {
            return Ok(operation);
        }
        Err(Failure::Usage(format!("{} has no {}", self.cfg.release, operation.id)))
    }
}

/// Looks an operation of any release up.
pub(super) fn operation(text: &str) -> Result<&'static operations::Operation, Failure> {
    operations::find(text).ok_or_else(|| {
        let known: Vec<_> = operations::names().collect();
        let hint = hint(text, known.iter().copied(), "`pvelint access operations` lists them");
        Failure::Usage(format!("no operation is called {text}; {hint}"))
    })
}
