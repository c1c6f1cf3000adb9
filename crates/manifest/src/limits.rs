//! How much is read of manifests. `docs/limits.md` gives the reasons, and a test keeps the two in step.

/// One input: a file, a folder's text in one piece, standard input, kustomize's output.
pub const INPUT_BYTES: usize = 512 << 20;
/// How deep collections may be nested.
pub const NESTING: usize = 128;
/// The values of one object, keys included.
pub const VALUES: usize = 1_000_000;
/// The files and folders that are followed from one kustomization.
pub const INCLUDED: usize = 10_000;
/// So many values of a document may come from aliases in any case.
pub const ALIASED_VALUES: usize = 100;
/// A list of requests.
pub const REQUEST_BYTES: usize = 64 << 20;
