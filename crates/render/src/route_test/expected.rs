//! What a test expects, in a few words.

use routescope_core::expectation::{Backend, Expect};

/// Everything that must hold.
pub fn expected(expect: &Expect) -> String {
    parts(expect).join(" and ")
}

/// Each thing that must hold.
fn parts(expect: &Expect) -> Vec<String> {
    let Expect { backend, backend_namespace, owner, via, status, location, .. } = expect;
    let Expect { upstream_host, upstream_path, timeout, policy, any_of, not, .. } = expect;
    let mut all: Vec<String> = Vec::new();
    all.extend(backend.as_ref().map(|Backend { kind, namespace, name, port }| {
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("{kind} {namespace}/{name}{port}")
    }));
    all.extend(backend_namespace.as_ref().map(|name| format!("backends in namespace {name}")));
    all.extend(owner.as_ref().map(|name| format!("a rule of namespace {name}")));
    all.extend(via.as_ref().map(|routes| {
        let routes: Vec<String> = routes.iter().map(ToString::to_string).collect();
        format!("the way over {}", routes.join(", "))
    }));
    all.extend(status.map(|status| format!("status {status}")));
    all.extend(location.as_ref().map(|url| format!("a redirect to {url}")));
    all.extend(upstream_host.as_ref().map(|host| format!("host {host} at the backend")));
    all.extend(upstream_path.as_ref().map(|path| format!("path {path} at the backend")));
    all.extend(timeout.as_ref().map(|timeout| format!("timeout {timeout}")));
    all.extend(policy.as_ref().map(|policy| format!("policy {policy} in force")));
    all.extend(any_of.as_ref().map(|any| {
        let one_of = any.iter().map(|one| grouped(one, false)).collect::<Vec<_>>().join(" or ");
        if all.is_empty() && not.is_none() { one_of } else { format!("({one_of})") }
    }));
    all.extend(not.as_ref().map(|not| format!("not {}", grouped(not, not.any_of.is_some()))));
    all
}

/// In brackets where several things must hold, or where it says so.
fn grouped(expect: &Expect, always: bool) -> String {
    let parts = parts(expect);
    if always || parts.len() > 1 { format!("({})", parts.join(" and ")) } else { parts.concat() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expectations_read_as_a_sentence() {
        let status = |status| Expect { status: Some(status), ..Expect::default() };
        let owner = Expect { owner: Some("payments".into()), ..Expect::default() };
        let any = |any: Vec<Expect>| Expect { any_of: Some(any), ..Expect::default() };
        let not = |not: Expect| Expect { not: Some(Box::new(not)), ..Expect::default() };
        assert_eq!(expected(&any(vec![owner.clone(), status(404)])), "a rule of namespace payments or status 404");
        assert_eq!(expected(&not(any(vec![status(500), status(503)]))), "not (status 500 or status 503)");
        let both = Expect { any_of: Some(vec![status(301), not(status(404))]), ..owner };
        assert_eq!(expected(&both), "a rule of namespace payments and (status 301 or not status 404)");
    }
}
