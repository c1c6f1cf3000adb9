//! What routing reads of an object, and nothing else: two objects with the same essence are routed alike, whatever file
//! (or cluster) they come from and whoever wrote an annotation of their own on them.

use std::sync::{Arc, LazyLock};

use super::value::{Data, Value};
use super::{
    BackendRef, CertificateRef, Filter, FrontendTls, Listener, Meta, Mirror, Name, Object, Origin, ParentRef, Position,
    Rule, Source, SourceKind, TargetPort, Written,
};

const NOWHERE: Position = Position { line: 0, column: 0 };

/// Whether the engines read this annotation (or label, of its own meaning).
pub fn is_of_routing(key: &str) -> bool {
    let domain = key.split_once('/').map_or("", |(domain, _)| domain);
    ["kgateway.dev", "agentgateway.dev", "solo.io"]
        .iter()
        .any(|known| domain.strip_suffix(known).is_some_and(|before| before.is_empty() || before.ends_with('.')))
}

impl Object {
    /// The object as routing reads it: without places, without annotations and labels that nothing selects by. A
    /// recorded status stays.
    #[must_use]
    pub fn routing_equivalent(&self) -> Self {
        let mut object = self.clone();
        let selected_by_labels = !matches!(
            object,
            Self::Service(_)
                | Self::EndpointSlice(_)
                | Self::ReferenceGrant(_)
                | Self::ConfigMap(_)
                | Self::GatewayExtension(_)
                | Self::DirectResponse(_)
                | Self::GatewayClass(_)
                | Self::StreamRoute(_)
        );
        of_meta(object.meta_mut(), selected_by_labels);
        match &mut object {
            Self::Gateway(gateway) => {
                gateway.listeners.iter_mut().for_each(of_listener);
                if let Some(FrontendTls { default, per_port }) = &mut gateway.frontend_tls {
                    let each = default.iter_mut().chain(per_port.iter_mut().filter_map(|(_, tls)| tls.as_mut()));
                    each.for_each(|validation| validation.authorities.iter_mut().for_each(of_certificate));
                }
            }
            // The port itself is what a targetPort is by default: the API server writes it down.
            Self::Service(service) => {
                for port in &mut service.ports {
                    let number = port.port;
                    port.target.take_if(|target| *target == TargetPort::Number(number));
                }
            }
            Self::ListenerSet(set) => set.listeners.iter_mut().for_each(of_listener),
            Self::Route(route) => {
                route.parent_refs.iter_mut().for_each(of_parent);
                route.rules.iter_mut().for_each(of_rule);
                route.status.iter_mut().for_each(|status| of_parent(&mut status.parent));
            }
            Self::StreamRoute(route) => route.parent_refs.iter_mut().for_each(of_parent),
            Self::TrafficPolicy(policy) => {
                policy.targets.iter_mut().for_each(|target| target.at = NOWHERE);
                policy.extensions.iter_mut().for_each(|extension| extension.at = NOWHERE);
                policy.secrets.iter_mut().for_each(|secret| secret.at = NOWHERE);
                for setting in &mut policy.settings {
                    setting.at = NOWHERE;
                    of_value(&mut setting.value);
                }
                let lists =
                    [&mut policy.cidrs, &mut policy.invalid_users, &mut policy.origin_regexes, &mut policy.templates];
                lists.into_iter().flatten().chain(&mut policy.path_regex).for_each(of_written);
            }
            Self::GatewayExtension(extension) => {
                extension.backends.iter_mut().for_each(of_backend);
                extension.config_maps.iter_mut().chain(&mut extension.path_prefix).for_each(of_written);
            }
            // The endpoint controller writes them in any order.
            Self::EndpointSlice(slice) => slice.endpoints.sort_by(|one, other| one.addresses.cmp(&other.addresses)),
            Self::GatewayClass(_)
            | Self::ReferenceGrant(_)
            | Self::Namespace(_)
            | Self::Backend(_)
            | Self::DirectResponse(_)
            | Self::ConfigMap(_) => {}
        }
        object
    }

    /// Forgets what a controller recorded, and takes over what `other` has recorded.
    pub fn take_record_of(&mut self, other: &Self) {
        match (self, other) {
            (Self::Gateway(own), Self::Gateway(other)) => {
                own.status = other.status.clone();
                own.addresses.clone_from(&other.addresses);
            }
            (Self::Route(own), Self::Route(other)) => own.status.clone_from(&other.status),
            // The address is the API server's to give.
            (Self::Service(own), Self::Service(other)) if own.cluster_ip.is_none() => {
                own.cluster_ip.clone_from(&other.cluster_ip);
            }
            _ => {}
        }
    }
}

/// Where an essence comes from: nowhere in particular.
static UNTOLD: LazyLock<Arc<Source>> =
    LazyLock::new(|| Arc::new(Source { name: String::new(), kind: SourceKind::Text, text: String::new() }));

fn of_meta(meta: &mut Meta, selected_by_labels: bool) {
    meta.origin = Origin { source: Arc::clone(&UNTOLD), at: NOWHERE, end_line: 0 };
    meta.unplaced = false;
    if !selected_by_labels {
        meta.labels.clear();
    }
    meta.annotations.retain(|(key, _)| is_of_routing(key));
    // The API server hands maps out in an order of its own.
    let by_key = |one: &(Name, Name), other: &(Name, Name)| one.0.cmp(&other.0);
    meta.labels.sort_by(by_key);
    meta.annotations.sort_by(by_key);
}

fn of_listener(listener: &mut Listener) {
    listener.at = NOWHERE;
    if let Some(tls) = &mut listener.tls {
        tls.certificates.iter_mut().for_each(of_certificate);
    }
}

fn of_certificate(certificate: &mut CertificateRef) {
    certificate.at = NOWHERE;
}

fn of_parent(parent: &mut ParentRef) {
    parent.at = NOWHERE;
}

fn of_written(written: &mut Written) {
    written.at = NOWHERE;
}

fn of_value(value: &mut Value) {
    value.at = NOWHERE;
    match &mut value.data {
        Data::List(items) => items.iter_mut().for_each(of_value),
        Data::Map(entries) => {
            for entry in &mut *entries {
                entry.at = NOWHERE;
                of_value(&mut entry.value);
            }
            // The API server hands maps out in an order of its own.
            entries.sort_by(|one, other| one.key.cmp(&other.key));
        }
        Data::Null | Data::Bool(_) | Data::Int(_) | Data::Float(_) | Data::String(_) => {}
    }
}

fn of_rule(rule: &mut Rule) {
    rule.at = NOWHERE;
    for matcher in &mut rule.matches {
        if matcher.at.is_known() {
            Arc::make_mut(matcher).at = NOWHERE;
        }
    }
    rule.filters.iter_mut().for_each(of_filter);
    rule.backend_refs.iter_mut().for_each(of_backend);
}

fn of_backend(backend: &mut BackendRef) {
    backend.at = NOWHERE;
    backend.filters.iter_mut().for_each(of_filter);
}

fn of_filter(filter: &mut Filter) {
    match filter {
        Filter::Extension { at, .. } | Filter::Other { at, .. } => *at = NOWHERE,
        Filter::Mirror(Mirror { backend, .. }) => of_backend(backend),
        Filter::RequestHeaders(_)
        | Filter::ResponseHeaders(_)
        | Filter::Redirect(_)
        | Filter::Rewrite(_)
        | Filter::Cors(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::is_of_routing;

    #[test]
    fn the_engines_read_their_own_domains() {
        for key in ["delegation.kgateway.dev/label", "kgateway.dev/route-weight", "delegation.gateway.solo.io/label"] {
            assert!(is_of_routing(key), "{key}");
        }
        for key in ["notkgateway.dev/label", "argocd.argoproj.io/instance", "label", "kgateway.dev"] {
            assert!(!is_of_routing(key), "{key}");
        }
    }
}
