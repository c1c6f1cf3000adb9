//! The `routescope` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    routescope::cli::main()
}
