//! Writes a world to measure with: `cargo run --release --example generate-world -- 100000 DIR`.
//! Prints a URL that a route takes and one that none does.

use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, fs, io};

#[path = "../benches/support/world.rs"]
mod world;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (Some(Ok(routes)), Some(folder)) = (arguments.first().map(|n| n.parse::<usize>()), arguments.get(1)) else {
        eprintln!("usage: generate-world ROUTES DIR");
        return ExitCode::from(2);
    };
    match write(routes, &PathBuf::from(folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: cannot write to {folder}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write(routes: usize, folder: &std::path::Path) -> io::Result<()> {
    let world = world::generate(routes.max(1), 1);
    fs::create_dir_all(folder)?;
    let mut bytes = 0;
    for (name, text) in &world.files {
        fs::write(folder.join(name), text)?;
        bytes += text.len();
    }
    println!("{routes} HTTPRoutes in {} files, {bytes} bytes, {} namespaces", world.files.len(), world::NAMESPACES);
    println!("hit   {}", world.hit);
    println!("miss  {}", world.miss);
    Ok(())
}
