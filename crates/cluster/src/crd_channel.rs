//! Which release channel of the Gateway API the cluster's CRDs are of: that decides what the API server would drop of a file
//! that is laid over the cluster.

use std::time::Duration;

use http::Request;
use http::header::ACCEPT;
use tokio::time::timeout;

use super::Cluster;
use super::guard::CHANNEL_CRD;
use routescope_core::model::kinds::EXPERIMENTAL_GROUP;
use routescope_manifest::Channel;
use routescope_manifest::channel::ANNOTATION;

/// Only the metadata of an object: a CRD is several 100 KiB.
const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";

/// What a cluster tells of the channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ClusterChannel {
    /// The CRD of `HTTPRoute`, or the user, names it.
    Known(Channel),
    /// The CRD does not tell. The experimental group is served by clusters of the experimental channel only, unless single
    /// CRDs were picked from it.
    Assumed(Channel, String),
}

/// Asks the cluster. A question that fails is an assumption with its reason.
pub(super) async fn ask(cluster: &Cluster, patience: Duration) -> ClusterChannel {
    let request = Request::get(CHANNEL_CRD).header(ACCEPT, METADATA).body(Vec::new());
    let reason = match request {
        Ok(request) => match timeout(patience, cluster.client.request_text(request)).await {
            Ok(Ok(text)) => match named(&text) {
                Some(channel) => return ClusterChannel::Known(channel),
                None => format!("the HTTPRoute CRD has no annotation {ANNOTATION}"),
            },
            Ok(Err(error)) => format!("cannot read the HTTPRoute CRD: {}", cluster.cause_of(&error)),
            Err(_) => "cannot read the HTTPRoute CRD: timed out".to_owned(),
        },
        Err(error) => format!("cannot read the HTTPRoute CRD: {error}"),
    };
    let group = cluster.client.list_api_groups();
    let has_experimental = match timeout(patience, group).await {
        Ok(Ok(groups)) => groups.groups.iter().any(|group| group.name == EXPERIMENTAL_GROUP),
        _ => false,
    };
    ClusterChannel::Assumed(if has_experimental { Channel::Experimental } else { Channel::Standard }, reason)
}

fn named(crd: &str) -> Option<Channel> {
    let crd: serde_json::Value = serde_json::from_str(crd).ok()?;
    Channel::from_name(crd.get("metadata")?.get("annotations")?.get(ANNOTATION)?.as_str()?)
}
