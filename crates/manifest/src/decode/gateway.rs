//! `Gateway`, `GatewayClass`, `ListenerSet` and their listeners.

use super::field::{Dropped, Field, Part};
use super::meta::selector;
use super::route::condition;
use routescope_core::finding::Code;
use routescope_core::model::{
    AllowedRoutes, CertificateRef, ClientValidation, From, FrontendTls, GATEWAY_GROUP, Gateway, GatewayClass,
    GatewayRecord, Listener, ListenerRecord, ListenerSet, ListenerTls, Meta, Object, Protocol, RouteGroupKind, TlsMode,
};

/// `Gateway`.
pub(super) fn gateway(root: &Field<'_>, meta: Meta) -> Object {
    let spec = root.get("spec");
    let _ = spec.mapping(&[
        "gatewayClassName",
        "listeners",
        "addresses",
        "infrastructure",
        "backendTLS",
        "allowedListeners",
        "tls",
        "defaultScope",
    ]);
    Object::Gateway(Gateway {
        meta,
        class: spec.get("gatewayClassName").required_text().unwrap_or_default(),
        parameters_group: spec.get("infrastructure").get("parametersRef").get("group").text().unwrap_or_default(),
        listeners: spec.get("listeners").list(listener).unwrap_or_default(),
        allowed_listeners: allowed_listeners(&spec.get("allowedListeners")),
        frontend_tls: frontend_tls(&spec.get("tls").get("frontend")),
        addresses: root.get("status").get("addresses").list(|item| item.get("value").text_or("")).unwrap_or_default(),
        status: record(&root.get("status")),
    })
}

fn record(status: &Field<'_>) -> GatewayRecord {
    let listener = |item: &Field<'_>| {
        Ok(ListenerRecord {
            name: item.get("name").required_text()?,
            attached_routes: item.get("attachedRoutes").unsigned(u32::MAX)?,
            conditions: item.get("conditions").list(condition).unwrap_or_default(),
        })
    };
    GatewayRecord {
        conditions: status.get("conditions").list(condition).unwrap_or_default(),
        listeners: status.get("listeners").list(listener).unwrap_or_default(),
    }
}

/// `GatewayClass`.
pub(super) fn gateway_class(root: &Field<'_>, meta: Meta) -> Object {
    let spec = root.get("spec");
    let _ = spec.mapping(&["controllerName", "parametersRef", "description"]);
    Object::GatewayClass(GatewayClass {
        meta,
        controller: spec.get("controllerName").required_text().unwrap_or_default(),
    })
}

/// `ListenerSet` or `XListenerSet`.
pub(super) fn listener_set(root: &Field<'_>, meta: Meta) -> Object {
    let spec = root.get("spec");
    let _ = spec.mapping(&["parentRef", "listeners"]);
    let parent = spec.get("parentRef");
    let _ = parent.required().and_then(|parent| parent.mapping(&["group", "kind", "namespace", "name"]));
    let name = if parent.is_present() { parent.get("name").required_text() } else { Err(Dropped) };
    Object::ListenerSet(ListenerSet {
        meta,
        parent_group: parent.get("group").text_or(GATEWAY_GROUP).unwrap_or_default(),
        parent_kind: parent.get("kind").text_or("Gateway").unwrap_or_default(),
        parent_namespace: parent.get("namespace").text().unwrap_or_default(),
        parent_name: name.unwrap_or_default(),
        listeners: spec.get("listeners").list(listener).unwrap_or_default(),
    })
}

fn listener(field: &Field<'_>) -> Part<Listener> {
    field.mapping(&["name", "hostname", "port", "protocol", "tls", "allowedRoutes"])?;
    Ok(Listener {
        at: field.at,
        name: field.get("name").required_text()?,
        protocol: protocol(&field.get("protocol"))?,
        port: field.get("port").required()?.port()?.ok_or(Dropped)?,
        hostname: field.get("hostname").text()?.filter(|hostname| !hostname.is_empty()),
        tls: tls(&field.get("tls"))?,
        allowed_routes: allowed_routes(&field.get("allowedRoutes"))?,
    })
}

/// The protocol. Any domain-prefixed one is allowed, so an unknown one is kept as written.
fn protocol(field: &Field<'_>) -> Part<Protocol> {
    let written = field.required_text()?;
    let protocol = match written.as_str() {
        "HTTP" => Protocol::Http,
        "HTTPS" => Protocol::Https,
        "TLS" => Protocol::Tls,
        "TCP" => Protocol::Tcp,
        "UDP" => Protocol::Udp,
        _ => Protocol::Other(written.clone()),
    };
    // The CRD admits any word (Istio's HBONE); only one that is near a known protocol is a slip.
    let upper = written.to_uppercase();
    let known = ["HTTP", "HTTPS", "TLS", "TCP", "UDP"].into_iter().find(|known| *known == upper);
    if let (Protocol::Other(_), Some(known)) = (&protocol, known) {
        let problem = format!("expected HTTP, HTTPS, TLS, TCP, UDP or a domain-prefixed protocol, found {written:?}");
        field.error(Code::UnknownValue, &problem, Some(format!("did you mean {known}?")));
    }
    Ok(protocol)
}

fn tls(field: &Field<'_>) -> Part<Option<ListenerTls>> {
    if !field.is_present() {
        return Ok(None);
    }
    // frontendValidation stood here before it moved to the Gateway.
    field.mapping(&["mode", "certificateRefs", "options", "frontendValidation"])?;
    let mode = field.get("mode").choice(&[("Terminate", TlsMode::Terminate), ("Passthrough", TlsMode::Passthrough)])?;
    Ok(Some(ListenerTls {
        mode: mode.unwrap_or(TlsMode::Terminate),
        certificates: field.get("certificateRefs").list(|item| certificate(item, "Secret")).unwrap_or_default(),
        options: field.get("options").text_map(|_| true),
    }))
}

fn certificate(item: &Field<'_>, kind: &'static str) -> Part<CertificateRef> {
    item.mapping(&["group", "kind", "namespace", "name"])?;
    Ok(CertificateRef {
        at: item.at,
        group: item.get("group").text_or("")?,
        kind: item.get("kind").text_or(kind)?,
        namespace: item.get("namespace").text()?.filter(|namespace| !namespace.is_empty()),
        name: item.get("name").required_text()?,
    })
}

/// `FrontendTLSConfig`.
fn frontend_tls(field: &Field<'_>) -> Option<FrontendTls> {
    if !field.is_present() {
        return None;
    }
    let _ = field.mapping(&["default", "perPort"]);
    let port = |item: &Field<'_>| {
        item.mapping(&["port", "tls"])?;
        let port = item.get("port").required()?.port()?.ok_or(Dropped)?;
        Ok((port, client_validation(&item.get("tls").get("validation"))))
    };
    Some(FrontendTls {
        default: client_validation(&field.get("default").get("validation")),
        per_port: field.get("perPort").list(port).unwrap_or_default(),
    })
}

fn client_validation(field: &Field<'_>) -> Option<ClientValidation> {
    if !field.is_present() {
        return None;
    }
    let _ = field.mapping(&["mode", "caCertificateRefs"]);
    let mode = field.get("mode").choice(&[("AllowValidOnly", false), ("AllowInsecureFallback", true)]);
    Some(ClientValidation {
        insecure_fallback: mode.ok().flatten().unwrap_or(false),
        authorities: field.get("caCertificateRefs").list(|item| certificate(item, "")).unwrap_or_default(),
    })
}

fn allowed_routes(field: &Field<'_>) -> Part<AllowedRoutes> {
    field.mapping(&["namespaces", "kinds"])?;
    let namespaces = namespaces(&field.get("namespaces"), From::Same, false)?;
    let kinds = field.get("kinds");
    Ok(AllowedRoutes {
        namespaces,
        kinds: kinds.list(|item| {
            item.mapping(&["group", "kind"])?;
            Ok(RouteGroupKind {
                group: item.get("group").text_or(GATEWAY_GROUP)?,
                kind: item.get("kind").required_text()?,
            })
        }),
    })
}

/// `None` when `allowedListeners` is absent; with it, `namespaces` defaults to `from: None`.
fn allowed_listeners(field: &Field<'_>) -> Option<From> {
    if !field.is_present() {
        return None;
    }
    let _ = field.mapping(&["namespaces"]);
    namespaces(&field.get("namespaces"), From::None, true).ok()
}

/// `RouteNamespaces` or `ListenerNamespaces`.
fn namespaces(field: &Field<'_>, default: From, none_allowed: bool) -> Part<From> {
    const FROM: &[(&str, Word)] =
        &[("All", Word::All), ("Same", Word::Same), ("Selector", Word::Selector), ("None", Word::None)];
    field.mapping(&["from", "selector"])?;
    let words = if none_allowed { FROM } else { &FROM[..3] };
    let from = field.get("from").choice(words)?;
    Ok(match from {
        None => default,
        Some(Word::All) => From::All,
        Some(Word::Same) => From::Same,
        Some(Word::None) => From::None,
        Some(Word::Selector) => From::Selector(selector(&field.get("selector"))?),
    })
}

/// The values of `from`.
#[derive(Clone, Copy)]
enum Word {
    All,
    Same,
    Selector,
    None,
}
