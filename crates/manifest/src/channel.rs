//! The release channels of the Gateway API's CRDs: which fields and rules the API server has.

use memchr::memmem;

/// A release channel of the Gateway API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Channel {
    /// What the project promises to keep.
    #[default]
    Standard,
    /// The standard channel and what is being tried, such as `retry` and `sessionPersistence`.
    Experimental,
}

/// A release channel, and how it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChosenChannel {
    /// Which.
    pub channel: Channel,
    /// Nothing tells it: what an object has and the channel drops may count all the same.
    pub is_assumed: bool,
}

impl ChosenChannel {
    /// A channel that the input, the cluster or the command line names.
    pub const fn known(channel: Channel) -> Self {
        Self { channel, is_assumed: false }
    }

    /// A channel that is as good as any.
    pub const fn assumed(channel: Channel) -> Self {
        Self { channel, is_assumed: true }
    }
}

/// The annotation of a CRD that names its channel.
pub const ANNOTATION: &str = "gateway.networking.k8s.io/channel";

/// The key of a snapshot's `spec` that names the channel.
const SNAPSHOT_KEY: &str = "gatewayApiChannel:";

/// The key that says that it was assumed.
const SNAPSHOT_ASSUMED: &str = "gatewayApiChannelAssumed: true";

/// Which CRDs the objects of an input are read with: those that were asked for, else those that the input itself names, else
/// those of the cluster that the input is laid over or compared with, else those of the standard channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Channels {
    /// What was asked for.
    pub asked: Option<Channel>,
    /// What the cluster has.
    pub cluster: Option<ChosenChannel>,
}

impl Channels {
    /// The channel to read these texts with.
    pub(crate) fn choose<'t>(self, texts: impl Iterator<Item = &'t str>) -> ChosenChannel {
        let named = || texts.filter_map(Channel::of_text).max_by_key(|named| named.channel == Channel::Experimental);
        let asked = self.asked.map(ChosenChannel::known);
        asked.or_else(named).or(self.cluster).unwrap_or(ChosenChannel::assumed(Channel::Standard))
    }
}

impl Channel {
    /// Its name, as the annotation of a CRD and `--gateway-api-channel` write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Experimental => "experimental",
        }
    }

    /// The channel of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Standard, Self::Experimental].into_iter().find(|channel| channel.name() == name)
    }

    /// The channel that the CRDs in a text name, or that a snapshot carries; none of a text without one. A snapshot that
    /// carries none holds what an API server kept, so that nothing in it is to be dropped again.
    pub(crate) fn of_text(text: &str) -> Option<ChosenChannel> {
        if let Some(channel) = of_snapshot(text) {
            return Some(channel);
        }
        let bytes = text.as_bytes();
        let mut named = None;
        for at in memmem::find_iter(bytes, ANNOTATION.as_bytes()) {
            let value = text[at + ANNOTATION.len()..].trim_start_matches(['"', '\'']);
            let Some(value) = value.strip_prefix(':') else { continue };
            let value = value.trim_start_matches([' ', '\t', '"', '\'']);
            match value.split(|c: char| !c.is_ascii_lowercase()).next().and_then(Self::from_name) {
                Some(Self::Experimental) => named = Some(Self::Experimental),
                Some(Self::Standard) => named = named.or(Some(Self::Standard)),
                None => {}
            }
        }
        named.filter(|_| memmem::find(bytes, b"CustomResourceDefinition").is_some()).map(ChosenChannel::known)
    }
}

/// The channel of what `routescope snapshot` writes, which begins with a document of its own; none of another text.
fn of_snapshot(text: &str) -> Option<ChosenChannel> {
    let mut lines = text.lines().filter(|line| !line.starts_with('#') && *line != "---").take(4);
    if !lines.any(|line| line == "kind: Snapshot") || !text.contains("routescope/v1") {
        return None;
    }
    let own = text.trim_start_matches("---").split("\n---").next().unwrap_or_default();
    let named = own.lines().find_map(|line| line.trim_start().strip_prefix(SNAPSHOT_KEY));
    let channel = named.and_then(|name| Channel::from_name(name.trim())).unwrap_or(Channel::Experimental);
    Some(ChosenChannel { channel, is_assumed: own.lines().any(|line| line.trim() == SNAPSHOT_ASSUMED) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crds_name_their_channel() {
        let crd =
            |annotation: &str| format!("kind: CustomResourceDefinition\nmetadata:\n  annotations:\n    {annotation}\n");
        let named = |annotation: &str| Channel::of_text(&crd(annotation));
        let known = |channel| Some(ChosenChannel::known(channel));
        assert_eq!(named("gateway.networking.k8s.io/channel: experimental"), known(Channel::Experimental));
        assert_eq!(named("\"gateway.networking.k8s.io/channel\": \"standard\""), known(Channel::Standard));
        assert_eq!(named("gateway.networking.k8s.io/channel: mine"), None);
        assert_eq!(Channel::of_text("a: gateway.networking.k8s.io/channel: experimental"), None);
    }

    #[test]
    fn a_snapshot_carries_the_channel_and_one_without_it_holds_what_the_api_server_kept() {
        let snapshot = "apiVersion: routescope/v1\nkind: Snapshot\nspec:\n";
        let experimental = Some(ChosenChannel::known(Channel::Experimental));
        assert_eq!(Channel::of_text(snapshot), experimental);
        for channel in [Channel::Standard, Channel::Experimental] {
            let text = format!("{snapshot}  gatewayApiChannel: {}\n", channel.name());
            assert_eq!(Channel::of_text(&text), Some(ChosenChannel::known(channel)));
            let text = format!("{text}  gatewayApiChannelAssumed: true\n");
            assert_eq!(Channel::of_text(&text), Some(ChosenChannel::assumed(channel)));
        }
        let elsewhere = format!("{snapshot}---\nspec:\n  gatewayApiChannel: standard\n");
        assert_eq!(Channel::of_text(&elsewhere), experimental);
    }

    #[test]
    fn what_was_asked_for_comes_before_the_input_and_the_input_before_the_cluster() {
        let crd = "kind: CustomResourceDefinition\ngateway.networking.k8s.io/channel: experimental\n";
        let (standard, experimental) =
            (ChosenChannel::known(Channel::Standard), ChosenChannel::known(Channel::Experimental));
        let choose = |asked, cluster, text: &str| Channels { asked, cluster }.choose(std::iter::once(text));
        assert_eq!(choose(Some(Channel::Standard), Some(experimental), crd), standard);
        assert_eq!(choose(None, Some(standard), crd), experimental);
        assert_eq!(choose(None, Some(experimental), ""), experimental);
        assert_eq!(choose(None, None, ""), ChosenChannel::assumed(Channel::Standard));
    }
}
