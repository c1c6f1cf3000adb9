//! `routes -o envoy`: a Gateway's table as the route configurations that its Envoy would load.
//!
//! One `RouteConfiguration` for each HTTP port and for each HTTPS listener, with the names that kgateway gives them, so
//! that they can be held against a live `config_dump`, fed to `router_check_tool`, or loaded into an Envoy. It says what
//! the table says and no more: retries, and what policies add to a route beside its destination, are not in it.
//!
//! Source: kgateway `pkg/kgateway/translator/irtranslator/route.go` (`ComputeRouteConfiguration`).

mod action;
mod matching;
mod wire;

use ahash::AHashMap;

use routescope_core::analysis::Analysis;
use routescope_core::model::{Name, Protocol};
use routescope_core::resolve::{Action, DelegationModel, GatewayNode, RuleNodeId};
use routescope_core::router::{GatewayTable, VirtualHost as Host};
use routescope_core::status;

pub use wire::RouteConfiguration;
use wire::{Route, RouteVerb, VirtualHost};

/// Whether an Envoy serves a Gateway: hop-by-hop engines have a proxy of their own.
pub fn is_served_by_envoy(analysis: &Analysis, gateway: &GatewayTable) -> bool {
    let dialect = analysis.tree.gateways.get(gateway.node as usize).map(|node| node.dialect);
    dialect.is_none_or(|dialect| dialect.delegation != DelegationModel::HopByHop)
}

/// The route configurations of a Gateway: by port, and by listener within an HTTPS port.
pub fn configurations(analysis: &Analysis, gateway: &GatewayTable) -> Vec<RouteConfiguration> {
    let Some(node) = analysis.tree.gateways.get(gateway.node as usize) else { return Vec::new() };
    let names = status::row_names(analysis, node);
    places(node)
        .into_iter()
        .map(|place| {
            let hosts = gateway.virtual_hosts.iter().filter(|host| place.holds(host));
            let mut virtual_hosts: Vec<VirtualHost> =
                hosts.map(|host| virtual_host(analysis, node, &names, &place, host)).collect();
            virtual_hosts.sort_by(|a, b| a.name.cmp(&b.name));
            RouteConfiguration { name: place.name, virtual_hosts, ignore_port_in_host_matching: true }
        })
        .collect()
}

/// What Envoy refuses of a Gateway's configurations: the name of each, and why.
pub fn refused(analysis: &Analysis, gateway: &GatewayTable) -> Vec<(String, String)> {
    let Some(node) = analysis.tree.gateways.get(gateway.node as usize) else { return Vec::new() };
    let rejection = |place: RouteConfigScope| {
        let mut hosts = gateway.virtual_hosts.iter().filter(|host| place.holds(host));
        let message = hosts.find_map(|host| host.rejections.first())?.problem.to_string();
        Some((place.name, message))
    };
    places(node).into_iter().filter_map(rejection).collect()
}

/// Where a route configuration is served.
struct RouteConfigScope {
    name: String,
    port: u16,
    /// The server name, `*` for any; `None` on plain HTTP.
    sni: Option<Name>,
}

impl RouteConfigScope {
    fn holds(&self, host: &Host) -> bool {
        host.port == self.port && host.sni == self.sni
    }
}

/// One for each HTTP port and each HTTPS listener, with or without routes.
fn places(node: &GatewayNode) -> Vec<RouteConfigScope> {
    let mut places: Vec<RouteConfigScope> = Vec::new();
    for listener in node.listeners.iter().filter(|listener| listener.is_served()) {
        let Some(name) = status::configuration_name(node, listener) else { continue };
        let spec = listener.listener(&node.gateway);
        let tls = spec.protocol == Protocol::Https;
        let sni = tls.then(|| spec.hostname.clone().unwrap_or_else(|| Name::new_static("*")));
        let place = RouteConfigScope { name, port: listener.port(&node.gateway), sni };
        if tls || !places.iter().any(|known| known.sni.is_none() && known.port == place.port) {
            places.push(place);
        }
    }
    places.sort_by_key(|place| place.port);
    places
}

fn virtual_host(
    analysis: &Analysis,
    node: &GatewayNode,
    names: &AHashMap<(u16, String), Vec<(RuleNodeId, String)>>,
    place: &RouteConfigScope,
    host: &Host,
) -> VirtualHost {
    let tls = place.sni.is_some();
    let name = status::virtual_host_name(&place.name, &host.hostname);
    // What stands in place of all routes: the engine's fallback goes by a name of its own, its one row by none.
    let whole = node.replaced.is_some_and(|row| host.rows.contains(&row))
        || (tls && node.listeners.iter().filter_map(|listener| listener.replaced).any(|row| host.rows.contains(&row)));
    let of_rows = names.get(&(host.port, name.clone())).map_or(&[][..], Vec::as_slice);
    let replaced = whole || node.listeners.iter().any(|one| one.replaced.is_some_and(|row| host.rows.contains(&row)));
    let routes = host.rows.iter().enumerate().filter_map(|(at, row)| {
        let name = match of_rows.get(at) {
            _ if replaced => String::new(),
            Some((hop, name)) if hop == row => name.clone(),
            _ => format!("{name}-route-{at}"),
        };
        route(analysis, *row, host.port, tls, name)
    });
    let routes = routes.collect();
    VirtualHost {
        name: if whole { "default".to_owned() } else { name },
        domains: vec![host.hostname.clone()],
        routes,
        require_tls: (tls && !whole).then_some("ALL"),
    }
}

fn route(analysis: &Analysis, row: RuleNodeId, port: u16, tls: bool, name: String) -> Option<Route> {
    let hop = &analysis.tree.hops[row.0 as usize];
    let (mut request, mut response) = (Default::default(), Default::default());
    let verb = match hop.action()?.as_ref() {
        Action::Forward(forward) => {
            request = action::headers(&forward.request_headers);
            response = action::headers(&forward.response_headers);
            RouteVerb::Route(action::forward(forward, &hop.matcher))
        }
        Action::Redirect(redirect) => RouteVerb::Redirect(action::redirect(redirect, port, tls)),
        Action::Respond(respond) => RouteVerb::DirectResponse(action::respond(respond)),
    };
    let (request_headers_to_add, request_headers_to_remove) = request;
    let (response_headers_to_add, response_headers_to_remove) = response;
    Some(Route {
        r#match: matching::route_match(&hop.matcher),
        action: verb,
        request_headers_to_add,
        response_headers_to_add,
        response_headers_to_remove,
        request_headers_to_remove,
        name,
    })
}
