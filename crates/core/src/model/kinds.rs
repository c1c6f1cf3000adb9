//! Every kind that routing reads, in one table. `decode` has the decoder of each, `store` its place, `admission` the table of
//! its CRD; tests compare them, the rights in `deploy` included.

use super::{GATEWAY_GROUP, KGATEWAY_GROUP};

/// A kind that routing reads, as manifests, the API server's paths and discovery name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// The API group; empty for the core group.
    pub group: &'static str,
    /// The kind, as manifests write it.
    pub kind: &'static str,
    /// The kind as [`Object::kind`](super::Object::kind) gives it; differs from `kind` for `XListenerSet`.
    pub shown: &'static str,
    /// The resource in paths and in rules.
    pub plural: &'static str,
    /// The versions that can be read, the best first.
    pub versions: &'static [&'static str],
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// What answers need it for.
    pub decides: Decides,
    /// Whether clusters are asked for it. What they are not asked for is read from files alone.
    pub watched: bool,
}

/// What answers need a kind for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decides {
    /// Which routes a Gateway has.
    Attachment,
    /// What becomes of requests, and what a status says.
    Behaviour,
    /// Whether a Service has endpoints.
    Endpoints,
    /// What a policy refers to.
    Policies,
}

/// The API group of experimental Gateway API kinds.
pub const EXPERIMENTAL_GROUP: &str = "gateway.networking.x-k8s.io";

/// Every kind that is read, those first that show something soonest. Those that are not watched come last.
pub const KINDS: &[Kind] = {
    use Decides::{Attachment, Behaviour, Endpoints, Policies};
    &[
        kind(GATEWAY_GROUP, "HTTPRoute", "httproutes", &["v1", "v1beta1"], Attachment),
        kind(GATEWAY_GROUP, "Gateway", "gateways", &["v1", "v1beta1"], Attachment),
        kind(GATEWAY_GROUP, "GatewayClass", "gatewayclasses", &["v1", "v1beta1"], Attachment).in_no_namespace(),
        kind(GATEWAY_GROUP, "GRPCRoute", "grpcroutes", &["v1", "v1alpha2"], Behaviour),
        kind(GATEWAY_GROUP, "TCPRoute", "tcproutes", &["v1", "v1alpha2"], Behaviour),
        kind(GATEWAY_GROUP, "TLSRoute", "tlsroutes", &["v1", "v1alpha3", "v1alpha2"], Behaviour),
        kind(GATEWAY_GROUP, "ListenerSet", "listenersets", &["v1"], Attachment),
        kind(EXPERIMENTAL_GROUP, "XListenerSet", "xlistenersets", &["v1alpha1"], Attachment).shown_as("ListenerSet"),
        kind(GATEWAY_GROUP, "ReferenceGrant", "referencegrants", &["v1", "v1beta1"], Attachment),
        kind("", "Namespace", "namespaces", &["v1"], Attachment).in_no_namespace(),
        kind("", "Service", "services", &["v1"], Behaviour),
        kind("discovery.k8s.io", "EndpointSlice", "endpointslices", &["v1"], Endpoints),
        kind(KGATEWAY_GROUP, "Backend", "backends", &["v1alpha1"], Behaviour),
        kind(KGATEWAY_GROUP, "DirectResponse", "directresponses", &["v1alpha1"], Behaviour),
        kind(KGATEWAY_GROUP, "TrafficPolicy", "trafficpolicies", &["v1alpha1"], Behaviour),
        kind(KGATEWAY_GROUP, "GatewayExtension", "gatewayextensions", &["v1alpha1"], Behaviour),
        kind("", "ConfigMap", "configmaps", &["v1"], Policies).of_files_alone(),
    ]
};

/// The kinds that clusters are asked for.
pub const WATCHED: &[Kind] = {
    let mut count = 0;
    while count < KINDS.len() && KINDS[count].watched {
        count += 1;
    }
    KINDS.split_at(count).0
};

const fn kind(
    group: &'static str,
    kind: &'static str,
    plural: &'static str,
    versions: &'static [&'static str],
    decides: Decides,
) -> Kind {
    Kind { group, kind, shown: kind, plural, versions, namespaced: true, decides, watched: true }
}

impl Kind {
    const fn in_no_namespace(mut self) -> Self {
        self.namespaced = false;
        self
    }

    const fn shown_as(mut self, shown: &'static str) -> Self {
        self.shown = shown;
        self
    }

    const fn of_files_alone(mut self) -> Self {
        self.watched = false;
        self
    }

    /// The row of a kind in a group.
    pub fn find(group: &str, kind: &str) -> Option<&'static Self> {
        KINDS.iter().find(|known| known.kind == kind && known.group == group)
    }
}

/// The kinds that are needed for this, each once, as [`Kind::shown`].
pub fn deciding(decides: Decides) -> Vec<&'static str> {
    let mut kinds: Vec<&'static str> = Vec::new();
    for kind in KINDS.iter().filter(|kind| kind.decides == decides) {
        if !kinds.contains(&kind.shown) {
            kinds.push(kind.shown);
        }
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_watched_comes_last() {
        assert!(WATCHED.iter().all(|kind| kind.watched) && !WATCHED.is_empty());
        assert_eq!(WATCHED.len(), KINDS.iter().filter(|kind| kind.watched).count());
    }

    #[test]
    fn each_kind_stands_there_once() {
        for (at, kind) in KINDS.iter().enumerate() {
            let same = |other: &Kind| (other.group, other.kind) == (kind.group, kind.kind);
            assert_eq!(KINDS.iter().position(same), Some(at), "{}", kind.kind);
        }
    }
}
