//! Which channel the cluster's CRDs are of, once it is known: files that are laid over the cluster are read with them.

use std::time::Duration;

use tokio::sync::oneshot::{Receiver, channel};

use crate::Cluster;
use crate::crd_channel::{ClusterChannel, ask};
use routescope_core::finding::{Advice, Code, Finding, Severity};
use routescope_manifest::{Channel, ChosenChannel};

/// What is known of the channel of the cluster's CRDs.
pub(super) enum Crds {
    /// The cluster was asked.
    Requested(Receiver<ClusterChannel>),
    /// It told, could not be asked, or need not be asked.
    Told(Option<ClusterChannel>),
}

impl Crds {
    /// Asks the cluster, in a task of its own, unless the user named the channel.
    pub fn ask(cluster: &Cluster, named: Option<Channel>, patience: Duration) -> Self {
        if let Some(named) = named {
            return Self::Told(Some(ClusterChannel::Known(named)));
        }
        let (sender, receiver) = channel();
        let cluster = cluster.clone();
        tokio::spawn(async move {
            let _ = sender.send(ask(&cluster, patience).await);
        });
        Self::Requested(receiver)
    }

    /// Waits until the cluster has told; for ever when there is nothing to wait for.
    pub async fn told(&mut self) {
        let Self::Requested(receiver) = self else { return std::future::pending().await };
        *self = Self::Told(receiver.await.ok());
    }

    /// Whether there is nothing to wait for.
    pub const fn are_told(&self) -> bool {
        !matches!(self, Self::Requested(_))
    }

    /// The channel, known or assumed.
    pub fn channel(&self) -> Option<ChosenChannel> {
        match self {
            Self::Told(Some(ClusterChannel::Known(channel))) => Some(ChosenChannel::known(*channel)),
            Self::Told(Some(ClusterChannel::Assumed(channel, _))) => Some(ChosenChannel::assumed(*channel)),
            Self::Requested(_) | Self::Told(None) => None,
        }
    }

    /// The channel where it is not an assumption.
    pub fn known(&self) -> Option<ChosenChannel> {
        self.channel().filter(|channel| !channel.is_assumed)
    }

    /// What to say of files that were read with an assumed channel, where it makes a difference.
    pub fn assumption(&self, read_as: Channel, findings: &[Finding]) -> Option<Finding> {
        let Self::Told(Some(ClusterChannel::Assumed(assumed, reason))) = self else { return None };
        // What the standard channel drops or refuses, the other one may take. What only the other one has is not told apart.
        let is_different = |finding: &Finding| matches!(finding.code, Code::ExperimentalField | Code::ApiRefused);
        let severity = match assumed {
            Channel::Standard if findings.iter().any(is_different) => Severity::Warning,
            Channel::Experimental => Severity::Info,
            Channel::Standard => return None,
        };
        (read_as == *assumed).then(|| Finding {
            code: Code::ExperimentalField,
            severity,
            place: None,
            subject: None,
            problem: format!(
                "the channel of the cluster's Gateway API CRDs is not known: assumed {} ({reason})",
                assumed.name()
            )
            .into(),
            advice: Some(Advice::Text("name it with --gateway-api-channel".to_owned())),
            fix: Vec::new(),
        })
    }
}
