//! Turns the tables under `grammar/` into static Rust data, so that nothing is parsed when pvelint starts, and the files under
//! `src/rules/` into the registry of rules, so that a new one is nothing but its files.
#![allow(clippy::print_stdout, reason = "this is how a build script talks to cargo")]

mod access;
mod files;
mod lxc;
mod operations;
mod place;
mod profiles;
mod property;
mod qemu;
mod releases;
mod rules;
mod section;
mod storage;

use std::{env, error::Error, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build");
    // A test builds with the tables of a release that doesn't exist.
    println!("cargo::rerun-if-env-changed=PVELINT_GRAMMAR");
    let grammar = env::var("PVELINT_GRAMMAR").unwrap_or_else(|_| "grammar".to_owned());
    println!("cargo::rerun-if-changed={grammar}");
    println!("cargo::rerun-if-changed=src/rules");
    let out = env::var("OUT_DIR")?;
    let (grammar, out) = (Path::new(&grammar), Path::new(&out));
    let mut texts = place::Texts::default();
    releases::generate(grammar, out)?;
    files::generate(grammar, out)?;
    access::generate(grammar, out, &mut texts)?;
    storage::generate(grammar, out, &mut texts)?;
    lxc::generate(grammar, out, &mut texts)?;
    qemu::generate(grammar, out, &mut texts)?;
    section::generate(grammar, out)?;
    operations::generate(grammar, out, &mut texts)?;
    profiles::generate(grammar, out, &mut texts)?;
    // Whole paths: what is included from the folder of the build finds its files by them.
    rules::generate(&Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("src/rules"), out)?;
    texts.write(out)
}
