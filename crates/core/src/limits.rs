//! How much is taken, kept and listed in resolving and deciding. `docs/limits.md` gives the reasons, and a test keeps the two
//! in step.

/// How deep a delegation is followed.
pub const DELEGATION_DEPTH: usize = 64;
/// The bytes of the places at which routes stand beyond their first.
pub const TREE_BYTES: usize = 64 << 20;
/// So many more for each route there is.
pub const TREE_BYTES_PER_ROUTE: usize = 2 << 10;
/// The bytes of attachments beyond one for each parentRef; as many again of virtual hosts and their rows.
pub const TABLE_BYTES: usize = 32 << 20;
/// So many more for each route there is.
pub const TABLE_BYTES_PER_ROUTE: usize = 1_024;
/// The routes and matches that are not taken and are kept to be shown, over all refs.
pub const LISTED_LOSSES: usize = 100_000;
/// So many are kept of one ref in any case.
pub const LISTED_LOSSES_OF_A_REF_LEAST: usize = 16;
/// And so many at most.
pub const LISTED_LOSSES_OF_A_REF_MOST: usize = 4_096;
/// The policies of one target that are looked at for what makes rows fail or uncertain, the strongest first.
pub const POLICIES_OF_A_ROW: usize = 64;
/// The instructions of a regular expression.
pub const REGEX_PROGRAM: usize = 100;
/// The states of a regular expression whose instructions cannot be counted.
pub const REGEX_PROGRAM_STATES: usize = 50_000;
/// A repetition's count in a regular expression, nested ones multiplied.
pub const REGEX_REPEAT: usize = 1_000;
/// The bytes of a compiled regular expression.
pub const REGEX_BYTES: usize = 8 << 20;
/// The states of agentgateway's regular expressions, all together: what is beyond is not compiled.
pub const REGEX_STATES: usize = 4_000_000;
/// So many more for each route there is.
pub const REGEX_STATES_PER_ROUTE: usize = 100;
/// The bytes of a regular expression of agentgateway's: a longer one is not compiled.
pub const REGEX_TEXT: usize = 16 << 10;
/// The bytes of compiled regular expressions that are kept; others are compiled again when they are needed.
pub const REGEXES_KEPT: usize = 128 << 20;
/// The bytes of an automaton that tells which requests pass a regular expression.
pub const AUTOMATON_BYTES: usize = 4 << 20;
/// So many in any case, however many regular expressions there are.
pub const AUTOMATON_BYTES_LEAST: usize = 128 << 10;
/// The bytes of all of these that are kept.
pub const AUTOMATA_BYTES: usize = 256 << 20;
/// The ends that a request is followed to where chance decides.
pub const WEIGHTED_ENDS: usize = 256;
/// The rows that an explanation lists.
pub const CONSIDERED: usize = 12;
/// The findings of one code that are listed; the rest is counted.
pub const FINDINGS_OF_A_CODE: usize = 200;
/// The findings that get a "did you mean".
pub const HINTS: usize = 50;
