//! Turns the tables under `grammar/` into static Rust data, so that nothing is parsed when pvelint starts.

mod lxc;

use std::{env, error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=grammar");
    let out = env::var("OUT_DIR")?;
    let _ = (fs::metadata(&out)?, Path::new(&out));
    lxc::generate(Path::new(&out))?;
    Ok(())
}
