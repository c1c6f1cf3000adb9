//! Follows a cluster beside the task that draws. What the cluster brings is handed over one by one: while a frame is
//! being drawn, later worlds are folded into one.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio::sync::mpsc::{Receiver, UnboundedSender};
use tokio::task::JoinHandle;

use super::context_pane::ContextId;
use super::runtime::RuntimeEvent;
use super::update::Message;
use routescope_cluster::live::{self, Control, Following, Options};

/// A cluster that is followed. Dropping it ends that.
pub struct Follower {
    control: UnboundedSender<Control>,
    taken: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Follower {
    /// Follows a cluster. Must be called inside a tokio runtime.
    pub fn start(options: Options, side: ContextId, epoch: u64, sender: &UnboundedSender<RuntimeEvent>) -> Self {
        let Following { updates, control } = live::follow(options);
        let taken = Arc::new(Notify::new());
        let task = tokio::spawn(forward(updates, (side, epoch), sender.clone(), Arc::clone(&taken)));
        Self { control, taken, task }
    }

    /// Asks something of what is followed.
    pub fn ask(&self, control: Control) {
        // One that has ended needs nothing any more.
        let _ = self.control.send(control);
    }

    /// What was handed over last is taken in: the next one may come.
    pub fn taken(&self) {
        self.taken.notify_one();
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn forward(
    mut updates: Receiver<live::Update>,
    (side, epoch): (ContextId, u64),
    sender: UnboundedSender<RuntimeEvent>,
    taken: Arc<Notify>,
) {
    while let Some(update) = updates.recv().await {
        let message = Message::Followed { side, epoch, update: Box::new(update) };
        if sender.send(RuntimeEvent::Message(message)).is_err() {
            return;
        }
        taken.notified().await;
    }
}
