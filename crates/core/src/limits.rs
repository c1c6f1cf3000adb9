//! Every bound of resolving and deciding, in one place; `docs/limits.md` gives the reason of each.

/// How deep a delegation is followed.
pub const DELEGATION_DEPTH: usize = 64;
/// How many bytes the places may take at which routes stand beyond their first.
pub const TREE_BYTES: usize = 64 << 20;
/// How many more for each route there is.
pub const TREE_BYTES_PER_ROUTE: usize = 2 << 10;
/// How many bytes attachments may take beyond one for each parentRef, and as many again virtual hosts and their rows beyond
/// one place for each.
pub const TABLE_BYTES: usize = 32 << 20;
/// How many more for each route there is.
pub const TABLE_BYTES_PER_ROUTE: usize = 1 << 10;
/// How many routes and matches that are not taken are kept to be shown, over all refs.
pub const LISTED_LOSSES: usize = 100_000;
/// How many are kept of one ref at least, and at most.
pub const LISTED_LOSSES_OF_A_REF: [usize; 2] = [16, 4096];
/// How many instructions a regular expression may have: Envoy's own bound.
pub const REGEX_PROGRAM: usize = 100;
/// How many bytes the compiled form of one may take.
pub const REGEX_BYTES: usize = 8 << 20;
/// How many policies of one target are looked at for what makes rows fail or uncertain, the strongest first.
pub const POLICIES_OF_A_ROW: usize = 64;
