//! What `update` asks the outside world for: the only way out of the explorer.

use std::sync::Arc;
use std::time::Duration;

use super::sheet::{Sheet, Sort, View};
use super::side::{SideId, World};
use crate::kept::Kept;
use routescope_core::model::Name;
use routescope_core::resolve::HopId;
use routescope_render::outline::Outline;

/// Something to be done outside.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Leave.
    Quit,
    /// Stop until the shell says to go on.
    Suspend,
    /// Draw everything anew, whatever the terminal shows.
    Redraw,
    /// Read and analyse the sources.
    Load,
    /// Follow the cluster of a context on a side, from the start; `None` is the kubeconfig's current one.
    #[allow(missing_docs)]
    Follow { side: SideId, epoch: u64, context: Option<String> },
    /// Follow the cluster of a side no more.
    Leave(SideId),
    /// Read a namespace, too, where the cluster as a whole may not be read.
    #[allow(missing_docs)]
    ReadNamespace { side: SideId, namespace: Name },
    /// List the contexts of the kubeconfig.
    Contexts,
    /// Put a text on the clipboard, by OSC 52.
    Copy(String),
    /// Open a file in the person's editor.
    #[allow(missing_docs)]
    Edit { path: String, line: u32 },
    /// Find the nodes that match.
    #[allow(missing_docs)]
    Filter { side: SideId, number: u64, query: String, world: World },
    /// List a view of a side's world.
    #[allow(missing_docs)]
    List { side: SideId, number: u64, view: View, sort: Sort, world: World },
    /// Find the rows of a view that match.
    #[allow(missing_docs)]
    FilterList { side: SideId, number: u64, query: String, sheet: Arc<Sheet> },
    /// Look at every node of a side's world.
    #[allow(missing_docs)]
    Survey { side: SideId, number: u64, world: World },
    /// Find a request that meets a rule.
    #[allow(missing_docs)]
    Witness { side: SideId, number: u64, world: World, hop: HopId },
    /// Find what differs from one outline to the next.
    #[allow(missing_docs)]
    Compare { side: SideId, number: u64, old: Arc<Outline>, new: Arc<Outline> },
    /// Find what differs from another side's outline to that of a side.
    #[allow(missing_docs)]
    Differ { side: SideId, number: u64, from: SideId, old: Arc<Outline>, new: Arc<Outline> },
    /// Keep this for the next run.
    Keep(Box<Kept>),
    /// Tell the time after so long: something settles then.
    Wake(Duration),
}
