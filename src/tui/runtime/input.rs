//! What the terminal sends.

use std::time::Duration;

use crossterm::event::{Event, EventStream};
use futures::StreamExt;
use tokio::sync::mpsc::UnboundedSender;

use super::RuntimeEvent;
use crate::tui::signals::{self, Signal};
use crate::tui::update::Message;

/// How often to look whether the terminal is still there.
const TERMINAL_LOOKS: Duration = Duration::from_secs(1);

/// Reads the terminal until it is gone, or until told to stop.
pub(super) fn read_terminal(sender: UnboundedSender<RuntimeEvent>) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        let mut events = EventStream::new();
        let mut looks = tokio::time::interval(TERMINAL_LOOKS);
        loop {
            let event = tokio::select! {
                event = events.next() => event,
                // Without a SIGHUP nothing else tells that a terminal is gone: reading it neither fails nor ends.
                _ = looks.tick() => {
                    if signals::is_terminal_gone() {
                        break;
                    }
                    continue;
                }
            };
            let Some(Ok(event)) = event else { break };
            if message(event).is_some_and(|message| sender.send(RuntimeEvent::Message(message)).is_err()) {
                return;
            }
        }
        // The terminal is gone: so is the person.
        let _ = sender.send(RuntimeEvent::Signal(Signal::End(signals::HANGUP)));
    })
}

/// What a terminal event means; `None` for those that change nothing.
fn message(event: Event) -> Option<Message> {
    match event {
        Event::Key(key) => Some(Message::Key(key)),
        Event::Mouse(mouse) => {
            use crossterm::event::MouseEventKind as Kind;
            (mouse.kind != Kind::Moved).then_some(Message::Mouse(mouse))
        }
        Event::Paste(text) => Some(Message::Paste(text)),
        Event::Resize(width, height) => Some(Message::Resize(width, height)),
        Event::FocusGained | Event::FocusLost => None,
    }
}
