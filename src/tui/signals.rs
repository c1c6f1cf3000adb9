//! Signals: being asked to end, to stop and to go on; and stopping as a job of the shell.

use tokio::sync::mpsc::UnboundedSender;

use super::runtime::RuntimeEvent;

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
    use nix::errno::Errno;
    use nix::sys::signal::{self, Signal as Number};
    use nix::unistd::{self, Pid};
    use tokio::signal::unix::{SignalKind, signal};

    use super::{HANGUP, INTERRUPT, QUIT, RuntimeEvent, Signal, UnboundedSender};

    /// What the kernel says of a process of another PID namespace.
    const OUTSIDE: Pid = Pid::from_raw(0);
    /// What `kill` takes as the process group of the caller.
    const OWN_GROUP: Pid = Pid::from_raw(0);

    /// Sends what the process is asked for, from now on.
    pub(crate) fn listen(sender: &UnboundedSender<RuntimeEvent>) {
        let end = |number: u8| (SignalKind::from_raw(i32::from(number)), Signal::End(number));
        let kinds = [
            end(15),
            end(HANGUP),
            end(INTERRUPT),
            end(QUIT),
            (SignalKind::from_raw(Number::SIGTSTP as i32), Signal::Stop),
            (SignalKind::from_raw(Number::SIGCONT as i32), Signal::Continue),
        ];
        for (kind, meaning) in kinds {
            let sender = sender.clone();
            if let Ok(mut stream) = signal(kind) {
                tokio::spawn(async move {
                    while stream.recv().await.is_some() {
                        if sender.send(RuntimeEvent::Signal(meaning)).is_err() {
                            return;
                        }
                    }
                });
            }
        }
    }

    /// Whether the terminal has hung up: its other end is closed.
    pub(crate) fn is_terminal_gone() -> bool {
        matches!(nix::sys::termios::tcgetattr(std::io::stdout()), Err(Errno::EIO))
    }

    /// Stops this process; comes back when it is told to go on.
    pub(crate) fn stop() {
        let _ = signal::kill(unistd::getpid(), Number::SIGSTOP);
    }

    /// Stops the whole job, as the terminal does on ctrl-z where a program leaves that to it.
    pub(crate) fn stop_the_job() {
        let _ = signal::kill(OWN_GROUP, Number::SIGTSTP);
    }

    /// Whether somebody is there to tell the job to go on: a shell with job control, in the same session.
    pub(crate) fn can_stop() -> bool {
        let (own, group, parent) = (unistd::getpid(), unistd::getpgrp(), unistd::getppid());
        has_shell(Ids { own, group, parent, session: unistd::getsid(None).ok() }, |parent| {
            Some((unistd::getpgid(Some(parent)).ok()?, unistd::getsid(Some(parent)).ok()?))
        })
    }

    /// Who leads this process. The kernel says 0 for a process of another PID namespace, as the starter of a program in
    /// a container is (`kubectl exec`).
    #[derive(Clone, Copy)]
    struct Ids {
        own: Pid,
        group: Pid,
        parent: Pid,
        session: Option<Pid>,
    }

    /// Whether a shell with job control started the process; `of` tells a process's group and session.
    fn has_shell(ids: Ids, of: impl Fn(Pid) -> Option<(Pid, Pid)>) -> bool {
        if ids.group != ids.own {
            // Somebody else leads the job, and so a shell made it one.
            return ids.group != OUTSIDE;
        }
        // For 0 the kernel would answer of this process.
        if ids.parent == OUTSIDE {
            return false;
        }
        of(ids.parent).is_some_and(|(group, session)| Some(session) == ids.session && group != ids.group)
    }

    /// Asks a child to end by itself: with all that it started, where the job is ours alone.
    pub(crate) fn terminate(child: &tokio::process::Child) {
        if unistd::getpgrp() == unistd::getpid() {
            // It comes back to this process, too, which is ending already.
            let _ = signal::kill(OWN_GROUP, Number::SIGTERM);
            return;
        }
        if let Some(id) = child.id().and_then(|id| i32::try_from(id).ok()) {
            let _ = signal::kill(Pid::from_raw(id), Number::SIGTERM);
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn only_a_shell_of_the_same_session_can_bring_a_stopped_job_back() {
            let [shell, own, other] = [10, 20, 30].map(Pid::from_raw);
            let ids = Ids { own, group: own, parent: shell, session: Some(shell) };
            assert!(has_shell(ids, |_| Some((shell, shell))), "started by a shell");
            assert!(has_shell(Ids { group: other, ..ids }, |_| None), "a part of somebody's job");
            assert!(!has_shell(ids, |_| Some((own, shell))), "the parent is in the same job");
            assert!(!has_shell(ids, |_| Some((shell, other))), "a terminal of its own");
            assert!(!has_shell(ids, |_| None), "the parent may not be asked");
        }

        #[test]
        fn a_shell_outside_of_the_container_cannot_bring_a_stopped_job_back() {
            let own = Pid::from_raw(20);
            let ids = Ids { own, group: own, parent: OUTSIDE, session: Some(own) };
            assert!(!has_shell(ids, |_| Some((OUTSIDE, own))), "the first process");
            assert!(!has_shell(Ids { group: OUTSIDE, ..ids }, |_| None), "a group from outside");
            let ids = Ids { parent: Pid::from_raw(10), ..ids };
            assert!(!has_shell(ids, |_| Some((OUTSIDE, OUTSIDE))), "a session from outside");
        }
    }
}

#[cfg(not(unix))]
pub(super) use other::{can_stop, is_terminal_gone, listen, stop, stop_the_job, terminate};

#[cfg(not(unix))]
mod other {
    use super::{INTERRUPT, RuntimeEvent, Signal, UnboundedSender};

    pub(crate) fn listen(sender: &UnboundedSender<RuntimeEvent>) {
        let sender = sender.clone();
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                let _ = sender.send(RuntimeEvent::Signal(Signal::End(INTERRUPT)));
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
