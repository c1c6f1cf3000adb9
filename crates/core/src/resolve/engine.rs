//! Which engine answers for a Gateway, and how that is known: `--engine`, the `GatewayClass`'s controller, the class's
//! name, the controller that wrote a status, the API groups that its routes use; else kgateway is assumed.
//! `docs/fidelity.md`: `engine-option`, `engine-controller`, `engine-class-name`, `engine-recorded`, `engine-group`,
//! `engine-assumed`.

use std::collections::BTreeMap;

use ahash::AHashMap;

use super::EngineAssumption;
use super::attach::{Parent, parent_of};
use super::settings::{ASSUMED, DIALECTS, Dialect, Engine, Settings};
use crate::model::{Filter, Gateway, Name, ObjectKey, Route};
use crate::store::Snapshot;

/// Names of the `GatewayClasses` that other engines install; a name that ends in `*` stands for all that begin like it.
const OTHER_CLASSES: &[(&str, &str)] = &[
    ("airlock-microgateway", "Airlock Microgateway"),
    ("amazon-vpc-lattice", "AWS Gateway API Controller"),
    ("apisix", "Apache APISIX"),
    ("approuting-istio", "AKS application routing"),
    ("asm-l7-*", "Google Cloud Service Mesh"),
    ("avi-lb", "Avi Kubernetes Operator"),
    ("aws-alb*", "AWS Load Balancer Controller"),
    ("aws-nlb*", "AWS Load Balancer Controller"),
    ("azure-alb-external", "Azure Application Gateway for Containers"),
    ("azure-alb-internal", "Azure Application Gateway for Containers"),
    ("cilium", "Cilium"),
    ("cloud-provider-kind", "cloud-provider-kind"),
    ("cloudflare", "Cloudflare"),
    ("consul", "Consul"),
    ("consul-api-gateway", "Consul"),
    ("contour", "Contour"),
    ("eg", "Envoy Gateway"),
    ("envoy", "Envoy Gateway"),
    ("envoy-gateway", "Envoy Gateway"),
    ("envoy-gateway-class", "Envoy Gateway"),
    ("envoygateway", "Envoy Gateway"),
    ("flomesh", "Flomesh Service Mesh"),
    ("fsm", "Flomesh Service Mesh"),
    ("fsm-gateway-cls", "Flomesh Service Mesh"),
    ("gke-l7-*", "GKE Gateway"),
    ("gke-persistent-*", "GKE Gateway"),
    ("gke-td", "Google Cloud Service Mesh"),
    ("gravitee-gateway", "Gravitee"),
    ("haproxy", "HAProxy Ingress"),
    ("haproxy-ingress", "HAProxy Ingress"),
    ("higress", "Higress"),
    ("higress-gateway", "Higress"),
    ("istio", "Istio"),
    ("istio-east-west", "Istio"),
    ("istio-remote", "Istio"),
    ("istio-waypoint", "Istio"),
    ("kong", "Kong"),
    ("kubelb", "KubeLB"),
    ("kuma", "Kuma"),
    ("merged-eg", "Envoy Gateway"),
    ("nginx", "NGINX Gateway Fabric"),
    ("nginx-gateway-fabric", "NGINX Gateway Fabric"),
    ("ngrok", "ngrok"),
    ("openshift-default", "OpenShift"),
    ("pomerium", "Pomerium"),
    ("pomerium-gateway", "Pomerium"),
    ("stunner-gatewayclass", "STUNner"),
    ("tigera-gateway-class", "Calico"),
    ("traefik", "Traefik"),
    ("tyk", "Tyk"),
    ("varnish", "Varnish Gateway"),
    ("wso2-apk-default", "WSO2"),
];

/// Parts between dashes that tell a class of another engine: `cilium-internal`.
const OTHER_PARTS: &[&str] = &[
    "alb", "apisix", "cilium", "contour", "eg", "envoy", "gke", "haproxy", "higress", "istio", "kong", "nginx",
    "ngrok", "nlb", "traefik",
];

/// API groups (and the domains of annotation keys) of one engine each, with everything under them.
const GROUPS: &[(&str, Engine)] = &[
    ("kgateway.dev", Engine::Kgateway),
    ("enterprisekgateway.solo.io", Engine::Kgateway),
    ("agentgateway.dev", Engine::Agentgateway),
    ("enterpriseagentgateway.solo.io", Engine::Agentgateway),
    ("gateway.solo.io", Engine::Gloo),
    ("gloo.solo.io", Engine::Gloo),
    ("ako.vmware.com", Engine::GatewayApi),
    ("alb.networking.azure.io", Engine::GatewayApi),
    ("apisix.apache.org", Engine::GatewayApi),
    ("application-networking.k8s.aws", Engine::GatewayApi),
    ("cilium.io", Engine::GatewayApi),
    ("consul.hashicorp.com", Engine::GatewayApi),
    ("elbv2.k8s.aws", Engine::GatewayApi),
    ("gateway.envoyproxy.io", Engine::GatewayApi),
    ("gateway.flomesh.io", Engine::GatewayApi),
    ("gateway.k8s.aws", Engine::GatewayApi),
    ("gateway.nginx.org", Engine::GatewayApi),
    ("gravitee.io", Engine::GatewayApi),
    ("haproxy-ingress.github.io", Engine::GatewayApi),
    ("haproxy.org", Engine::GatewayApi),
    ("higress.io", Engine::GatewayApi),
    ("konghq.com", Engine::GatewayApi),
    ("kuma.io", Engine::GatewayApi),
    ("microgateway.airlock.com", Engine::GatewayApi),
    ("networking.gke.io", Engine::GatewayApi),
    ("ngrok.com", Engine::GatewayApi),
    ("pomerium.io", Engine::GatewayApi),
    ("projectcontour.io", Engine::GatewayApi),
    ("stunner.l7mp.io", Engine::GatewayApi),
    ("traefik.containo.us", Engine::GatewayApi),
    ("traefik.ingress.kubernetes.io", Engine::GatewayApi),
    ("traefik.io", Engine::GatewayApi),
    ("tyk.io", Engine::GatewayApi),
];

/// Which dialect answers for a Gateway.
pub(super) struct Told {
    pub dialect: &'static Dialect,
    /// How that is known, in words.
    pub from: String,
    /// Why it is not certain.
    pub assumption: Option<EngineAssumption>,
}

impl Told {
    fn certain(dialect: &'static Dialect, from: String) -> Self {
        Self { dialect, from, assumption: None }
    }
}

/// The row of the dialect table for `engine`.
fn dialect(engine: Engine) -> &'static Dialect {
    DIALECTS.iter().find(|dialect| dialect.engine == engine).unwrap_or(&DIALECTS[0])
}

/// The dialect of a controller; the specification's for one that is not known.
fn of_controller(controller: &str) -> &'static Dialect {
    let known = DIALECTS.iter().find(|dialect| dialect.controllers.contains(&controller));
    known.unwrap_or_else(|| dialect(Engine::GatewayApi))
}

/// The engine that an API group belongs to, or the domain of an annotation key.
fn of_group(group: &str) -> Option<Engine> {
    let within = |domain: &str| group.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    GROUPS.iter().find(|(domain, _)| within(domain)).map(|(_, engine)| *engine)
}

fn of_class_name(class: &str) -> Option<Told> {
    if let Some(known) = DIALECTS.iter().find(|dialect| dialect.classes.contains(&class)) {
        return Some(Told::certain(known, format!("class name {class}")));
    }
    let is_named = |pattern: &str| match pattern.strip_suffix('*') {
        Some(start) => class.starts_with(start),
        None => class == pattern,
    };
    let (_, product) = OTHER_CLASSES.iter().find(|(pattern, _)| is_named(pattern))?;
    Some(Told::certain(dialect(Engine::GatewayApi), format!("class name {class} of {product}")))
}

/// What a part of the class's name suggests: `cilium-internal`, `agentgateway-public`.
fn of_class_parts(class: &str) -> Option<Told> {
    let mut parts = class.split('-');
    let engine = parts.find_map(|part| match part {
        "agentgateway" => Some(Engine::Agentgateway),
        "gloo" => Some(Engine::Gloo),
        part if OTHER_PARTS.contains(&part) => Some(Engine::GatewayApi),
        _ => None,
    })?;
    let assumption = EngineAssumption { engine: engine.name(), class: Some(class.into()) };
    Some(Told { dialect: dialect(engine), from: format!("class name {class}"), assumption: Some(assumption) })
}

/// What the input says of the engines of Gateways whose `GatewayClass` it does not hold.
#[derive(Debug, Default)]
pub(super) struct Hints {
    /// The controller that wrote a status for the Gateway.
    by_gateway: AHashMap<ObjectKey, Name>,
    /// The same for a Gateway of the class.
    by_class: AHashMap<Name, Name>,
    /// The engines whose API groups the Gateway and its routes use, and where.
    groups: AHashMap<ObjectKey, BTreeMap<Engine, String>>,
}

impl Hints {
    /// Collects them. API groups are looked for only where a class is not known.
    pub fn of(snapshot: &Snapshot, settings: &Settings) -> Self {
        let mut hints = Self::default();
        if settings.engine.is_some() {
            return hints;
        }
        for route in &snapshot.routes {
            for status in &route.status {
                if let Parent::Gateway(key) = parent_of(&status.parent, &route.meta.namespace) {
                    hints.by_gateway.entry(key).or_insert_with(|| status.controller.clone());
                }
            }
        }
        for (key, controller) in &hints.by_gateway {
            if let Some(gateway) = snapshot.gateways.get(key) {
                hints.by_class.entry(gateway.class.clone()).or_insert_with(|| controller.clone());
            }
        }
        let is_told = |gateway: &Gateway| {
            snapshot.classes.contains_key(&gateway.class) || of_class_name(&gateway.class).is_some()
        };
        for (key, gateway) in snapshot.gateways.iter().filter(|(_, gateway)| !is_told(gateway)) {
            hints.of_gateway(key, gateway);
        }
        for route in &snapshot.routes {
            for reference in &route.parent_refs {
                let key = match parent_of(reference, &route.meta.namespace) {
                    Parent::Gateway(key) => key,
                    Parent::ListenerSet(key) => match snapshot.listener_sets.get(&key) {
                        Some(set) => {
                            let namespace = set.parent_namespace.as_ref().unwrap_or(&set.meta.namespace);
                            ObjectKey::new(namespace.clone(), set.parent_name.clone())
                        }
                        None => continue,
                    },
                    Parent::Other => continue,
                };
                if !snapshot.gateways.get(&key).is_some_and(|gateway| is_told(gateway)) {
                    hints.of_route(&key, route);
                }
            }
        }
        hints
    }

    fn of_gateway(&mut self, key: &ObjectKey, gateway: &Gateway) {
        let options = gateway.listeners.iter().filter_map(|listener| listener.tls.as_ref());
        let options = options.flat_map(|tls| &tls.options).map(|(option, _)| option);
        let keys = gateway.meta.annotations.iter().map(|(annotation, _)| annotation).chain(options);
        let groups = keys.filter_map(|key| Some(key.split_once('/')?.0)).chain(gateway.parameters_group.as_deref());
        for group in groups {
            // Istio's own annotations; as the group of a backend kgateway knows it, too.
            let engine = of_group(group).or((group == "networking.istio.io").then_some(Engine::GatewayApi));
            self.note(key, engine, || format!("{group} in Gateway {key}"));
        }
    }

    fn of_route(&mut self, key: &ObjectKey, route: &Route) {
        let refs = route.rules.iter().flat_map(|rule| &rule.backend_refs);
        let filters = route.rules.iter().flat_map(|rule| &rule.filters);
        let filters = filters.chain(refs.clone().flat_map(|reference| &reference.filters));
        let filters = filters.filter_map(|filter| match filter {
            Filter::Extension { group, .. } => Some(group.as_str()),
            Filter::Mirror(mirror) => Some(mirror.backend.group.as_str()),
            _ => None,
        });
        let annotations =
            route.meta.annotations.iter().filter_map(|(annotation, _)| Some(annotation.split_once('/')?.0));
        let groups = refs.map(|reference| reference.group.as_str()).chain(filters).chain(annotations);
        for group in groups.filter(|group| !group.is_empty()) {
            self.note(key, of_group(group), || format!("{group} in {} {}", route.kind.name(), route.meta.key()));
        }
    }

    fn note(&mut self, key: &ObjectKey, engine: Option<Engine>, told: impl FnOnce() -> String) {
        if let Some(engine) = engine {
            self.groups.entry(key.clone()).or_default().entry(engine).or_insert_with(told);
        }
    }

    /// Which dialect answers for a Gateway, made up or in the input.
    pub fn told(&self, snapshot: &Snapshot, settings: &Settings, gateway: &Gateway) -> Told {
        let class = gateway.class.as_str();
        if let Some(engine) = settings.engine {
            return Told::certain(dialect(engine), "--engine".to_owned());
        }
        if let Some(found) = snapshot.classes.get(class) {
            let controller = &found.controller;
            return Told::certain(of_controller(controller), format!("GatewayClass {class}, controller {controller}"));
        }
        if let Some(told) = of_class_name(class) {
            return told;
        }
        let key = gateway.meta.key();
        let recorded = self.by_gateway.get(&key).or_else(|| self.by_class.get(class).filter(|_| !class.is_empty()));
        if let Some(controller) = recorded {
            return Told::certain(of_controller(controller), format!("controller {controller} in a route's status"));
        }
        let mut groups = self.groups.get(&key).into_iter().flatten();
        if let (Some((engine, told)), None) = (groups.next(), groups.next()) {
            return Told::certain(dialect(*engine), told.clone());
        }
        of_class_parts(class).unwrap_or_else(|| Told {
            dialect: &ASSUMED,
            from: "assumed: its GatewayClass is not in the input".to_owned(),
            assumption: Some(EngineAssumption { engine: "kgateway", class: None }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn engine_of(class: &str) -> Option<&'static str> {
        of_class_name(class).map(|told| told.dialect.engine.name())
    }

    #[test]
    fn a_class_of_a_charts_own_name_tells_the_engine() {
        assert_eq!(engine_of("gke-l7-rilb"), Some("gateway-api"));
        assert_eq!(engine_of("istio-waypoint"), Some("gateway-api"));
        assert_eq!(engine_of("kgateway-waypoint"), Some("kgateway"));
        assert_eq!(engine_of("internal"), None);
    }

    #[test]
    fn a_part_of_a_name_suggests_an_engine_and_leaves_a_doubt() {
        let told = of_class_parts("cilium-internal").expect("a suggestion");
        assert_eq!(told.dialect.engine, Engine::GatewayApi);
        assert!(told.assumption.is_some());
        assert!(of_class_parts("legacy-egress").is_none());
    }

    #[test]
    fn a_group_belongs_to_the_engine_of_its_domain() {
        assert_eq!(of_group("gateway.kgateway.dev"), Some(Engine::Kgateway));
        assert_eq!(of_group("delegation.gateway.solo.io"), Some(Engine::Gloo));
        assert_eq!(of_group("agentgateway.dev"), Some(Engine::Agentgateway));
        assert_eq!(of_group("configuration.konghq.com"), Some(Engine::GatewayApi));
        assert_eq!(of_group("notkgateway.dev"), None);
        assert_eq!(of_group("gateway.networking.k8s.io"), None);
    }
}
