//! Turns the tables under `grammar/` into static Rust data, so that nothing is parsed when pvelint starts.

mod operations;
mod profiles;

use std::{env, error::Error, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=grammar");
    let out = env::var("OUT_DIR")?;
    let (grammar, out) = (Path::new("grammar"), Path::new(&out));
    operations::generate(grammar, out)?;
    profiles::generate(grammar, out)?;
    Ok(())
}
