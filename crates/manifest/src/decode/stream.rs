//! `TCPRoute` and `TLSRoute`.

use super::field::{Field, Part};
use super::route::{backend_ref, parent_ref};
use routescope_core::model::{Meta, Object, StreamKind, StreamRoute, StreamRule};

/// `TCPRoute`.
pub(super) fn tcp_route(root: &Field<'_>, meta: Meta) -> Object {
    stream_route(root, meta, StreamKind::Tcp)
}

/// `TLSRoute`.
pub(super) fn tls_route(root: &Field<'_>, meta: Meta) -> Object {
    stream_route(root, meta, StreamKind::Tls)
}

fn stream_route(root: &Field<'_>, meta: Meta, kind: StreamKind) -> Object {
    let spec = root.get("spec");
    let known: &[&str] = match kind {
        StreamKind::Tcp => &["parentRefs", "rules", "useDefaultGateways"],
        StreamKind::Tls => &["parentRefs", "hostnames", "rules", "useDefaultGateways"],
    };
    let _ = spec.mapping(known);
    Object::StreamRoute(StreamRoute {
        meta,
        kind,
        parent_refs: spec.get("parentRefs").list(parent_ref).unwrap_or_default(),
        hostnames: if kind == StreamKind::Tls { spec.get("hostnames").texts() } else { Vec::new() },
        rules: spec.get("rules").list(rule).unwrap_or_default(),
    })
}

fn rule(field: &Field<'_>) -> Part<StreamRule> {
    Ok(StreamRule {
        at: field.at,
        name: field.get("name").text()?,
        backend_refs: field.get("backendRefs").list(backend_ref).unwrap_or_default(),
    })
}
