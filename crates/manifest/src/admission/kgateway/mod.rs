//! kgateway's kinds.
//!
//! Source: kgateway `install/helm/kgateway-crds/templates/gateway.kgateway.dev_*.yaml`. `GatewayParameters` are left out:
//! they say how a proxy is deployed, not where a request goes.

mod backend;
mod backend_config;
mod extension;
mod listener;
mod logging;
mod shared;
mod traffic;
mod traffic_parts;

pub(super) use self::backend::{BACKEND, DIRECT_RESPONSE};
pub(super) use self::backend_config::BACKEND_CONFIG_POLICY;
pub(super) use self::extension::GATEWAY_EXTENSION;
pub(super) use self::listener::LISTENER_POLICY;
pub(super) use self::traffic::TRAFFIC_POLICY;
