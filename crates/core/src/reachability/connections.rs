//! By which connections clients reach a Service, a Backend, or a TCP or TLS route, past all rows.

use std::sync::Arc;

use super::front::hosts_under;
use super::target::Target;
use crate::model::{Name, Protocol, StreamRoute};
use crate::router::lists::StreamFrontend;
use crate::router::{Request, Router};

/// Connections that reach it.
#[derive(Debug)]
pub struct Connection {
    /// The Gateway's place in the table.
    pub gateway: u32,
    /// The listener, as in [`crate::router::VirtualHost::listeners`].
    pub listener: Name,
    /// Its port.
    pub port: u16,
    /// Its protocol.
    pub protocol: Protocol,
    /// The server name they are chosen by, `*` for any; `None` where none is looked at.
    pub server_name: Option<Name>,
    /// The route that takes them.
    pub route: Arc<StreamRoute>,
    /// The share of them that gets there.
    pub share: f64,
    /// A request over such a connection; `None` where another listener or route takes all of them.
    pub witness: Option<Request>,
}

/// The connections that lead to `target`, by Gateway, then in the order of its listeners.
pub fn connections(router: Router<'_>, target: &Target) -> Vec<Connection> {
    let mut found = Vec::new();
    for (gateway, _) in (0..).zip(&router.table().gateways) {
        for door in router.stream_frontends(gateway) {
            let share = share(&door, target);
            if share > 0.0 {
                let witness = witness(router, gateway, &door);
                let StreamFrontend { port, protocol, server_name, listener, attached, .. } = door;
                let route = Arc::clone(&attached.route);
                found.push(Connection { gateway, listener, port, protocol, server_name, route, share, witness });
            }
        }
    }
    found
}

fn share(door: &StreamFrontend<'_>, target: &Target) -> f64 {
    let route = &door.attached.route;
    if route.kind.name() == target.kind {
        let is_it = route.meta.namespace == target.namespace && route.meta.name == target.name;
        return f64::from(u8::from(is_it));
    }
    let to = door.attached.destinations.iter().filter(|to| target.is_destination(to) && !to.state.is_broken());
    to.map(|to| to.share).sum()
}

fn witness(router: Router<'_>, gateway: u32, door: &StreamFrontend<'_>) -> Option<Request> {
    let scheme = if door.server_name.is_some() { "https" } else { "http" };
    let port = match (scheme, door.port) {
        ("https", 443) | ("http", 80) => String::new(),
        (_, port) => format!(":{port}"),
    };
    let requests = hosts_under(door.server_name.as_deref().unwrap_or("*")).into_iter();
    let mut requests = requests.filter_map(|host| Request::parse(&format!("{scheme}://{host}{port}/")).ok());
    requests.find(|request| router.stream(gateway, request) == Some(door.place))
}
