//! How much is taken from whoever sends: a server, a kubeconfig, a plugin. `docs/limits.md` gives the reasons, and a test keeps
//! the two in step. Every error that comes of a limit names it ([`Exceeded`]).

use std::fmt;
use std::time::Duration;

/// Bytes in a kibibyte and in a mebibyte.
const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// The answer to a discovery request, decompressed.
pub const DISCOVERY: usize = 16 * MIB;

/// An error's body, and what `/version` answers.
pub const MESSAGE: usize = MIB;

/// One page of a list, decompressed.
pub const PAGE: usize = 64 * MIB;

/// A list that is asked for in one piece, because its pages expire while they are read.
pub const WHOLE_LIST: usize = 256 * MIB;

/// The pages of one list.
pub const PAGES: usize = 2_000;

/// The objects of one kind.
pub const OBJECTS: usize = 250_000;

/// The text of all objects of one kind, without `managedFields`.
pub const TEXT: usize = 512 * MIB;

/// All objects of a cluster, of all kinds: their texts, and [`OBJECT`] for each.
pub const CLUSTER: usize = 1024 * MIB;

/// What an object is charged beside its text, for what it becomes.
pub const OBJECT: usize = 1_024;

/// One line of a watch: etcd takes no object beyond 1.5 MiB.
pub const LINE: usize = 8 * MIB;

/// Events that wait to be taken in, of all kinds; beyond them, the server waits.
pub const EVENTS: usize = 1_024;

/// One kubeconfig file.
pub const KUBECONFIG: usize = 8 * MIB;

/// A file with a token, a certificate or a key.
pub const CREDENTIAL_FILE: usize = MIB;

/// What an exec plugin writes to its standard output.
pub const PLUGIN_OUTPUT: usize = MIB;

/// What is kept of an exec plugin's standard error: its end.
pub const PLUGIN_ERRORS: usize = 16 * KIB;

/// How long an exec plugin may take that cannot ask on the terminal: a sign-in in a browser fits.
pub const PLUGIN_TIME: Duration = Duration::from_secs(120);

/// How long an exec plugin may take that asks on the terminal.
pub const PLUGIN_TIME_ASKING: Duration = Duration::from_secs(600);

/// How long the rest of a plugin's output is read after its end, when a background process of its own holds it open.
pub const PLUGIN_REST: Duration = Duration::from_millis(250);

/// A limit that was met: what is larger than it may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exceeded {
    /// What: `the answer`, `one line of the watch`.
    pub what: &'static str,
    /// How much of it is taken.
    pub limit: Amount,
}

/// How much of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// Bytes.
    Bytes(usize),
    /// Pages or objects.
    Count(usize, &'static str),
}

impl Exceeded {
    /// More than this many bytes.
    pub fn bytes(what: &'static str, limit: usize) -> Self {
        Self { what, limit: Amount::Bytes(limit) }
    }
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} has more than {}", self.what, self.limit)
    }
}

impl std::error::Error for Exceeded {}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) if bytes % MIB == 0 => write!(f, "{} MiB", bytes / MIB),
            Self::Bytes(bytes) if bytes % KIB == 0 => write!(f, "{} KiB", bytes / KIB),
            Self::Bytes(bytes) => write!(f, "{bytes} bytes"),
            Self::Count(count, what) => write!(f, "{count} {what}"),
        }
    }
}
