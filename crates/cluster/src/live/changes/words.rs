//! The words for parts of objects, short enough for a line of what changed.

use std::fmt::Write as _;

use routescope_core::model::{
    BackendKind, BackendRef, Filter, From, Listener, Name, ParentRef, PathModifier, ReferenceGrant, RouteMatch,
    Setting, TrafficPolicy, ValueKind, ValueMatch,
};

/// Names behind commas; `nothing` for none.
pub(super) fn list(names: &[Name]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

/// What a policy sets, by name; what it turns off is said to be off.
pub(super) fn settings(policy: &TrafficPolicy) -> Vec<Name> {
    let name = |setting: &Setting| {
        let name = setting.field.name();
        if setting.is_off() { Name::from(format!("{name} off")) } else { Name::new_static(name) }
    };
    policy.settings.iter().map(name).collect()
}

/// `label team: a → b` for every key of two maps whose value differs.
pub(super) fn pairs(noun: &str, old: &[(Name, Name)], new: &[(Name, Name)], lines: &mut Vec<String>) {
    let value = |pairs: &[(Name, Name)], key: &Name| pairs.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone());
    for (key, is) in new {
        match value(old, key) {
            None => lines.push(format!("{noun} {key}: {is} is new")),
            Some(was) if was != *is => lines.push(format!("{noun} {key}: {was} → {is}")),
            Some(_) => {}
        }
    }
    for (key, was) in old {
        if value(new, key).is_none() {
            lines.push(format!("{noun} {key}: {was} is gone"));
        }
    }
}

/// `POST PathPrefix /x · tenant: blue`.
pub(super) fn matcher(matcher: &RouteMatch) -> String {
    let mut text = String::new();
    if let Some(method) = &matcher.method {
        let _ = write!(text, "{method} ");
    }
    let _ = write!(text, "{} {}", matcher.path.kind.name(), matcher.path.value);
    let condition = |test: &ValueMatch, joint: &str| match test.kind {
        _ if test.value.is_empty() => format!("{} present", test.name),
        ValueKind::Exact => format!("{}{joint}{}", test.name, test.value),
        ValueKind::RegularExpression => format!("{} ~ {}", test.name, test.value),
    };
    for header in &matcher.headers {
        let _ = write!(text, " · {}", condition(header, ": "));
    }
    for param in &matcher.query_params {
        let _ = write!(text, " · ?{}", condition(param, "="));
    }
    text
}

/// `Service payments/v2:8080`, with the namespace the ref is resolved in.
pub(super) fn target(reference: &BackendRef, home: &Name) -> String {
    let BackendRef { kind, namespace, name, port, .. } = reference;
    let namespace = namespace.as_ref().filter(|namespace| !namespace.is_empty()).unwrap_or(home);
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    format!("{kind} {namespace}/{name}{port}")
}

/// `Service a/v1:80 (90%), Service a/v2:80 (10%)`.
pub(super) fn targets_of(references: &[BackendRef], home: &Name) -> String {
    let all: u64 = references.iter().map(|reference| u64::from(reference.weight)).sum();
    let each = references.iter().map(|reference| {
        let target = target(reference, home);
        if references.len() == 1 || all == 0 {
            return target;
        }
        format!("{target} ({}%)", (u64::from(reference.weight) * 100 + all / 2) / all)
    });
    if references.is_empty() { "nothing".to_owned() } else { each.collect::<Vec<_>>().join(", ") }
}

/// A filter, with what it does where that is short.
pub(super) fn filter(filter: &Filter, home: &Name) -> String {
    let path = |path: &Option<PathModifier>| match path {
        Some(PathModifier::Full(path)) => format!(" path to {path}"),
        Some(PathModifier::Prefix(path)) => format!(" prefix to {path}"),
        None => String::new(),
    };
    let host = |host: &Option<Name>| host.as_ref().map(|host| format!(" host to {host}")).unwrap_or_default();
    match filter {
        Filter::RequestHeaders(_) => "request headers".to_owned(),
        Filter::ResponseHeaders(_) => "response headers".to_owned(),
        Filter::Mirror(mirror) => format!("mirror to {}", target(&mirror.backend, home)),
        Filter::Redirect(redirect) => {
            format!("redirect{}{} {}", host(&redirect.hostname), path(&redirect.path), redirect.status.unwrap_or(302))
        }
        Filter::Rewrite(rewrite) => format!("rewrite{}{}", host(&rewrite.hostname), path(&rewrite.path)),
        Filter::Cors(_) => "CORS".to_owned(),
        Filter::Extension { kind, name, .. } => format!("{kind} {name}"),
        Filter::Other { kind, .. } => kind.to_string(),
    }
}

/// `Gateway infra/gw (https)`.
pub(super) fn parent(reference: &ParentRef, home: &Name) -> String {
    let ParentRef { kind, namespace, name, section_name, port, .. } = reference;
    let namespace = namespace.as_ref().filter(|namespace| !namespace.is_empty()).unwrap_or(home);
    let mut text = format!("{kind} {namespace}/{name}");
    if let Some(section) = section_name {
        let _ = write!(text, " ({section})");
    }
    if let Some(port) = port {
        let _ = write!(text, " (port {port})");
    }
    text
}

/// `listener https: HTTPS port 443 for *.example.com`.
pub(super) fn listener(listener: &Listener) -> String {
    let host = listener.hostname.as_deref().unwrap_or("any host");
    format!("listener {}: {} port {} for {host}", listener.name, listener.protocol.name(), listener.port)
}

/// From where routes are admitted.
pub(super) fn from(from: &From) -> String {
    match from {
        From::All => "every namespace".to_owned(),
        From::Same => "its own namespace".to_owned(),
        From::None => "nowhere".to_owned(),
        From::Selector(None) => "no namespace: the selector is missing".to_owned(),
        From::Selector(Some(selector)) => {
            let labels = selector.labels.iter().map(|(key, value)| format!("{key}={value}"));
            let keys = selector.expressions.iter().map(|requirement| requirement.key.to_string());
            let all: Vec<String> = labels.chain(keys).collect();
            if all.is_empty() { "every namespace".to_owned() } else { format!("namespaces with {}", all.join(", ")) }
        }
    }
}

/// What a grant permits, a line each.
pub(super) fn grants(grant: &ReferenceGrant) -> Vec<String> {
    let mut lines = Vec::new();
    for from in &grant.from {
        for to in &grant.to {
            let name = to.name.as_ref().filter(|name| !name.is_empty());
            let what = name.map_or_else(|| format!("any {}", to.kind), |name| format!("{} {name}", to.kind));
            lines.push(format!("permits {} of namespace {} to refer to {what}", from.kind, from.namespace));
        }
    }
    lines
}

/// What a Backend points at.
pub(super) fn backend(kind: &BackendKind) -> String {
    match kind {
        BackendKind::Static(hosts) => {
            let hosts: Vec<String> = hosts.iter().map(|host| format!("{}:{}", host.host, host.port)).collect();
            format!("points at {}", hosts.join(", "))
        }
        BackendKind::Aws(function) => format!("points at {function}"),
        BackendKind::DynamicForwardProxy => "points at the request's own host".to_owned(),
        BackendKind::Other(kind) => format!("is of type {kind}"),
    }
}

/// What a policy attaches to.
pub(super) fn targets(policy: &TrafficPolicy) -> String {
    let refs = policy.targets.iter().map(|target| format!("{} {}", target.kind, target.name));
    let selectors = policy.selectors.iter().map(|selector| {
        let labels: Vec<String> = selector.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
        format!("every {} with {}", selector.kind, labels.join(", "))
    });
    let all: Vec<String> = refs.chain(selectors).collect();
    if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }
}
