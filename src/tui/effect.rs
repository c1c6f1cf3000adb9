//! What `update` asks the outside world for: the only way out of the explorer.

use std::sync::Arc;
use std::time::Duration;

use super::context_pane::{ContextId, PaneContent};
use super::export::Content;
use super::sheet::{Sheet, Sort, View};
use crate::kept::Kept;
use routescope_core::model::Name;
use routescope_core::resolve::RuleNodeId;
use routescope_render::outline::Outline;

/// Something to be done outside.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Leave.
    Quit,
    /// Stop until the shell says to go on.
    Suspend,
    /// Draw everything again, whatever the terminal shows.
    Redraw,
    /// Read and analyse the sources.
    Load,
    /// Read and analyse one of the sources, for a side.
    #[allow(missing_docs)]
    LoadPart { side: ContextId, part: usize },
    /// Follow the cluster of a context on a side, from the start; `None` is the kubeconfig's current one. `bare`: without
    /// the files that are laid over it.
    #[allow(missing_docs)]
    Follow { side: ContextId, epoch: u64, context: Option<String>, bare: bool },
    /// Follow the cluster of a side no more.
    Leave(ContextId),
    /// Read a namespace, too, where the cluster as a whole cannot be read.
    #[allow(missing_docs)]
    ReadNamespace { side: ContextId, namespace: Name },
    /// List the contexts of the kubeconfig.
    Contexts,
    /// Put a text on the clipboard, by OSC 52.
    Copy(String),
    /// Write a file.
    #[allow(missing_docs)]
    Export { path: String, overwrite: bool, content: Content },
    /// Open a file in the person's editor.
    #[allow(missing_docs)]
    Edit { path: String, line: u32 },
    /// Find the nodes that match.
    #[allow(missing_docs)]
    Filter { side: ContextId, number: u64, query: String, world: PaneContent },
    /// List a view of a side's world.
    #[allow(missing_docs)]
    List { side: ContextId, number: u64, view: View, sort: Sort, world: PaneContent },
    /// Find the rows of a view that match.
    #[allow(missing_docs)]
    FilterList { side: ContextId, number: u64, query: String, sheet: Arc<Sheet> },
    /// Look at every node of a side's world.
    #[allow(missing_docs)]
    Survey { side: ContextId, number: u64, world: PaneContent },
    /// Find a request that meets a rule.
    #[allow(missing_docs)]
    Witness { side: ContextId, number: u64, world: PaneContent, hop: RuleNodeId },
    /// Find what differs from one outline to the next.
    #[allow(missing_docs)]
    Compare { side: ContextId, number: u64, old: Arc<Outline>, new: Arc<Outline> },
    /// Find what differs from another side's outline to that of a side.
    #[allow(missing_docs)]
    Differ { side: ContextId, number: u64, from: ContextId, old: Arc<Outline>, new: Arc<Outline> },
    /// Keep this for the next run.
    Keep(Box<Kept>),
    /// Tell the time after so long: something settles then.
    Wake(Duration),
}
