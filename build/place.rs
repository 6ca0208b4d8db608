//! Texts and lists by place, for `src/model/tables/place.rs`: gathers what the tables hold, each text and each list once.

use std::collections::HashMap;
use std::{error::Error, fmt::Write as _, fs, path::Path};

/// The texts of all tables, and lists of them.
#[derive(Default)]
pub(crate) struct Texts {
    all: String,
    known: HashMap<String, usize>,
    lists: Pool,
    releases: Pool,
}

/// The elements of all lists of one type, as Rust text.
#[derive(Default)]
pub(crate) struct Pool {
    elements: Vec<String>,
}

impl Texts {
    /// A `Text`, as Rust text.
    pub(crate) fn text(&mut self, text: &str) -> String {
        let at = *self.known.entry(text.to_owned()).or_insert_with(|| {
            self.all.push_str(text);
            self.all.len() - text.len()
        });
        format!("Text::at({at}, {})", text.len())
    }

    /// An `Option<Text>`.
    pub(crate) fn maybe(&mut self, text: Option<&String>) -> String {
        text.map_or_else(|| "None".to_owned(), |text| format!("Some({})", self.text(text)))
    }

    /// A `List<Text>`.
    pub(crate) fn list(&mut self, texts: &[String]) -> String {
        let texts = texts.iter().map(|text| self.text(text)).collect();
        self.lists.list(texts)
    }

    /// A `List<Release>`.
    pub(crate) fn releases(&mut self, pve: &[u8]) -> Result<String, Box<dyn Error>> {
        if !pve.is_sorted() || pve.iter().any(|release| !crate::releases::known().contains(release)) {
            return Err(format!("{pve:?} aren't releases in ascending order").into());
        }
        Ok(self.releases.list(pve.iter().map(|release| format!("Release::Pve{release}")).collect()))
    }

    /// Writes `texts.rs` into `out`.
    pub(crate) fn write(self, out: &Path) -> Result<(), Box<dyn Error>> {
        let mut rust = format!("static TEXTS: &str = {:?};\n\n", self.all);
        self.lists.write("Text", &mut rust)?;
        self.releases.write("Release", &mut rust)?;
        fs::write(out.join("texts.rs"), rust)?;
        Ok(())
    }
}

impl Pool {
    /// A `List` of these elements.
    pub(crate) fn list(&mut self, elements: Vec<String>) -> String {
        let len = elements.len();
        let known = if len == 0 { Some(0) } else { self.elements.windows(len).position(|known| known == elements) };
        let at = known.unwrap_or_else(|| {
            self.elements.extend(elements);
            self.elements.len() - len
        });
        format!("List::at({at}, {len})")
    }

    /// Writes the elements, and where `List` finds them.
    pub(crate) fn write(&self, of: &str, rust: &mut String) -> Result<(), Box<dyn Error>> {
        writeln!(
            rust,
            "impl Listed for {of} {{\n    fn pool() -> &'static [Self] {{\n        static POOL: &[{of}] = &["
        )?;
        for element in &self.elements {
            writeln!(rust, "            {element},")?;
        }
        writeln!(rust, "        ];\n        POOL\n    }}\n}}\n")?;
        Ok(())
    }
}
