//! What a change of a Gateway or of a `ListenerSet` means.

use super::words;
use routescope_core::model::{Gateway, Listener, ListenerSet};

pub(super) fn of_gateway(old: &Gateway, new: &Gateway, lines: &mut Vec<String>) {
    super::now("its class", &old.class, &new.class, lines);
    of_listeners(&old.listeners, &new.listeners, lines);
    if old.allowed_listeners != new.allowed_listeners {
        let from = |from: &Option<routescope_core::model::From>| {
            from.as_ref().map_or_else(|| "nowhere".to_owned(), words::from)
        };
        let (old, new) = (from(&old.allowed_listeners), from(&new.allowed_listeners));
        lines.push(format!("now admits ListenerSets from {new} (was {old})"));
    }
    if old.frontend_tls != new.frontend_tls {
        lines.push("how it checks clients' certificates changed".to_owned());
    }
}

pub(super) fn of_set(old: &ListenerSet, new: &ListenerSet, lines: &mut Vec<String>) {
    let parent = |set: &ListenerSet| {
        let namespace = set.parent_namespace.as_ref().unwrap_or(&set.meta.namespace);
        format!("{} {namespace}/{}", set.parent_kind, set.parent_name)
    };
    if parent(old) != parent(new) {
        lines.push(format!("now belongs to {} (was {})", parent(new), parent(old)));
    }
    of_listeners(&old.listeners, &new.listeners, lines);
}

fn of_listeners(old: &[Listener], new: &[Listener], lines: &mut Vec<String>) {
    for listener in new {
        let name = &listener.name;
        let Some(was) = old.iter().find(|was| was.name == *name) else {
            lines.push(format!("{} is new", words::listener(listener)));
            continue;
        };
        let (said, before) = (words::listener(listener), words::listener(was));
        if said != before {
            let before = before.split_once(": ").map_or(before.as_str(), |(_, rest)| rest);
            lines.push(format!("{said} (was {before})"));
        }
        let (admits, admitted) = (&listener.allowed_routes, &was.allowed_routes);
        if admits.namespaces != admitted.namespaces {
            let (new, old) = (words::from(&admits.namespaces), words::from(&admitted.namespaces));
            lines.push(format!("listener {name} now admits routes from {new} (was {old})"));
        }
        if admits.kinds != admitted.kinds {
            let kinds =
                admits.kinds.as_ref().map(|kinds| kinds.iter().map(|kind| kind.kind.clone()).collect::<Vec<_>>());
            let kinds = kinds.map_or_else(|| "every kind it can".to_owned(), |kinds| words::list(&kinds));
            lines.push(format!("listener {name} now admits {kinds}"));
        }
        if listener.tls != was.tls {
            lines.push(format!("the TLS of listener {name} changed"));
        }
    }
    for gone in old.iter().filter(|was| new.iter().all(|listener| listener.name != was.name)) {
        lines.push(format!("{} is gone", words::listener(gone)));
    }
}
