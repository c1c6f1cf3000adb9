//! The bounds of the explorer, in step with `docs/limits.md`.

/// So many sources of files stand side by side.
pub const SOURCES_BESIDE: usize = 9;

/// So many hosts are listed to begin a URL with.
pub const HOSTS_LISTED: usize = 10_000;
