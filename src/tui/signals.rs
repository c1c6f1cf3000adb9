//! Signals: being asked to end, to stop and to go on; and stopping as a job of the shell.

use tokio::sync::mpsc::UnboundedSender;

use super::runtime::Outside;

/// What the process was asked for from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// To end, by the signal of this number.
    End(u8),
    /// To stop until it is told to go on.
    #[cfg_attr(not(unix), allow(dead_code))]
    Stop,
    /// To go on.
    #[cfg_attr(not(unix), allow(dead_code))]
    Continue,
}

/// The terminal is gone.
pub(super) const HANGUP: u8 = 1;
/// ctrl-c, for a program that does not take keys itself.
pub(super) const INTERRUPT: u8 = 2;
/// ctrl-\, the same.
pub(super) const QUIT: u8 = 3;

#[cfg(unix)]
pub(super) use unix::{can_stop, is_terminal_gone, listen, stop, stop_the_job, terminate};

#[cfg(unix)]
mod unix {
    use rustix::process;
    use tokio::signal::unix::{SignalKind, signal};

    use super::{HANGUP, INTERRUPT, Outside, QUIT, Signal, UnboundedSender};

    /// Sends what the process is asked for, from now on.
    pub(crate) fn listen(sender: &UnboundedSender<Outside>) {
        let end = |number: u8| (SignalKind::from_raw(i32::from(number)), Signal::End(number));
        let kinds = [
            end(15),
            end(HANGUP),
            end(INTERRUPT),
            end(QUIT),
            (SignalKind::from_raw(process::Signal::TSTP.as_raw()), Signal::Stop),
            (SignalKind::from_raw(process::Signal::CONT.as_raw()), Signal::Continue),
        ];
        for (kind, meaning) in kinds {
            let sender = sender.clone();
            if let Ok(mut stream) = signal(kind) {
                tokio::spawn(async move {
                    while stream.recv().await.is_some() {
                        if sender.send(Outside::Signal(meaning)).is_err() {
                            return;
                        }
                    }
                });
            }
        }
    }

    /// Whether the terminal has hung up: its other end is closed.
    pub(crate) fn is_terminal_gone() -> bool {
        matches!(rustix::termios::tcgetattr(std::io::stdout()), Err(rustix::io::Errno::IO))
    }

    /// Stops this process; comes back when it is told to go on.
    pub(crate) fn stop() {
        let _ = process::kill_process(process::getpid(), process::Signal::STOP);
    }

    /// Stops the whole job, as the terminal does on ctrl-z where a program leaves that to it.
    pub(crate) fn stop_the_job() {
        let _ = process::kill_current_process_group(process::Signal::TSTP);
    }

    /// Whether somebody is there to tell the job to go on: a shell with job control, in the same session.
    pub(crate) fn can_stop() -> bool {
        let (own, group) = (process::getpid(), process::getpgrp());
        if group != own {
            // Somebody else leads the job, and so a shell made it one.
            return true;
        }
        let Some(parent) = process::getppid() else { return false };
        let same_session = process::getsid(Some(parent)).ok() == process::getsid(None).ok();
        same_session && process::getpgid(Some(parent)).is_ok_and(|parent| parent != group)
    }

    /// Asks a child to end by itself: with all that it started, where the job is ours alone.
    pub(crate) fn terminate(child: &tokio::process::Child) {
        if process::getpgrp() == process::getpid() {
            // It comes back to this process, too, which is ending already.
            let _ = process::kill_current_process_group(process::Signal::TERM);
            return;
        }
        let id = child.id().and_then(|id| process::Pid::from_raw(i32::try_from(id).ok()?));
        if let Some(id) = id {
            let _ = process::kill_process(id, process::Signal::TERM);
        }
    }
}

#[cfg(not(unix))]
pub(super) use other::{can_stop, is_terminal_gone, listen, stop, stop_the_job, terminate};

#[cfg(not(unix))]
mod other {
    use super::{INTERRUPT, Outside, Signal, UnboundedSender};

    pub(crate) fn listen(sender: &UnboundedSender<Outside>) {
        let sender = sender.clone();
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                let _ = sender.send(Outside::Signal(Signal::End(INTERRUPT)));
            }
        });
    }

    pub(crate) fn is_terminal_gone() -> bool {
        false
    }

    pub(crate) fn stop() {}

    pub(crate) fn stop_the_job() {}

    pub(crate) fn can_stop() -> bool {
        false
    }

    pub(crate) fn terminate(_child: &tokio::process::Child) {}
}
