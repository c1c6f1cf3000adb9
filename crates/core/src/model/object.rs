//! One object of any kind that routing reads.

use super::{
    Backend, ConfigMap, DirectResponse, EndpointSlice, Gateway, GatewayClass, GatewayExtension, ListenerSet, Meta,
    Namespace, ReferenceGrant, Route, Service, StreamRoute, TrafficPolicy,
};

/// Writes the enum from its variants, each with the kind that kubectl writes.
macro_rules! objects {
    ($($variant:ident: $kind:expr,)*) => {
        /// One decoded object of any kind routing reads.
        #[derive(Debug, Clone, PartialEq)]
        #[allow(missing_docs)] // each variant is named after the kind it holds
        pub enum Object {
            $($variant($variant),)*
        }

        impl Object {
            /// The object's metadata.
            pub fn meta(&self) -> &Meta {
                match self {
                    $(Self::$variant(object) => &object.meta,)*
                }
            }

            /// The object's metadata, to be completed.
            pub fn meta_mut(&mut self) -> &mut Meta {
                match self {
                    $(Self::$variant(object) => &mut object.meta,)*
                }
            }

            /// The object's kind, as kubectl writes it.
            pub fn kind(&self) -> &'static str {
                match self {
                    $(Self::$variant(object) => {
                        let kind: fn(&$variant) -> &'static str = $kind;
                        kind(object)
                    })*
                }
            }
        }
    };
}

objects! {
    Gateway: |_| "Gateway",
    GatewayClass: |_| "GatewayClass",
    ListenerSet: |_| "ListenerSet",
    Route: |route| route.kind.name(),
    StreamRoute: |route| route.kind.name(),
    ReferenceGrant: |_| "ReferenceGrant",
    Namespace: |_| "Namespace",
    Service: |_| "Service",
    EndpointSlice: |_| "EndpointSlice",
    Backend: |_| "Backend",
    DirectResponse: |_| "DirectResponse",
    TrafficPolicy: |_| "TrafficPolicy",
    GatewayExtension: |_| "GatewayExtension",
    ConfigMap: |_| "ConfigMap",
}
