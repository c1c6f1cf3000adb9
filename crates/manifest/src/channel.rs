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

/// The annotation of a CRD that names its channel.
pub const ANNOTATION: &str = "gateway.networking.k8s.io/channel";

/// The key of a snapshot's `spec` that names the channel.
const SNAPSHOT_KEY: &str = "gatewayApiChannel:";

/// Which CRDs the objects of an input are read with: those that were asked for, else those that the input itself names, else
/// those of the cluster that the input is laid over or compared with, else those of the standard channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Channels {
    /// What was asked for.
    pub asked: Option<Channel>,
    /// What the cluster has.
    pub cluster: Option<Channel>,
}

impl Channels {
    /// The channel to read these texts with.
    pub(crate) fn choose<'t>(self, texts: impl Iterator<Item = &'t str>) -> Channel {
        let named = || texts.filter_map(Channel::of_text).max_by_key(|channel| *channel == Channel::Experimental);
        self.asked.or_else(named).or(self.cluster).unwrap_or_default()
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
    pub(crate) fn of_text(text: &str) -> Option<Self> {
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
        named.filter(|_| memmem::find(bytes, b"CustomResourceDefinition").is_some())
    }
}

/// The channel of what `routescope snapshot` writes, which begins with a document of its own; none of another text.
fn of_snapshot(text: &str) -> Option<Channel> {
    let mut lines = text.lines().filter(|line| !line.starts_with('#') && *line != "---").take(4);
    if !lines.any(|line| line == "kind: Snapshot") || !text.contains("routescope/v1") {
        return None;
    }
    let own = text.trim_start_matches("---").split("\n---").next().unwrap_or_default();
    let named = own.lines().find_map(|line| line.trim_start().strip_prefix(SNAPSHOT_KEY));
    Some(named.and_then(|name| Channel::from_name(name.trim())).unwrap_or(Channel::Experimental))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crds_name_their_channel() {
        let crd =
            |annotation: &str| format!("kind: CustomResourceDefinition\nmetadata:\n  annotations:\n    {annotation}\n");
        let named = |annotation: &str| Channel::of_text(&crd(annotation));
        assert_eq!(named("gateway.networking.k8s.io/channel: experimental"), Some(Channel::Experimental));
        assert_eq!(named("\"gateway.networking.k8s.io/channel\": \"standard\""), Some(Channel::Standard));
        assert_eq!(named("gateway.networking.k8s.io/channel: mine"), None);
        assert_eq!(Channel::of_text("a: gateway.networking.k8s.io/channel: experimental"), None);
    }

    #[test]
    fn a_snapshot_carries_the_channel_and_one_without_it_holds_what_the_api_server_kept() {
        let snapshot = "apiVersion: routescope/v1\nkind: Snapshot\nspec:\n";
        assert_eq!(Channel::of_text(snapshot), Some(Channel::Experimental));
        for channel in [Channel::Standard, Channel::Experimental] {
            let text = format!("{snapshot}  gatewayApiChannel: {}\n", channel.name());
            assert_eq!(Channel::of_text(&text), Some(channel));
        }
        let elsewhere = format!("{snapshot}---\nspec:\n  gatewayApiChannel: standard\n");
        assert_eq!(Channel::of_text(&elsewhere), Some(Channel::Experimental));
    }

    #[test]
    fn what_was_asked_for_comes_before_the_input_and_the_input_before_the_cluster() {
        let crd = "kind: CustomResourceDefinition\ngateway.networking.k8s.io/channel: experimental\n";
        let (standard, experimental) = (Some(Channel::Standard), Some(Channel::Experimental));
        let choose = |asked, cluster, text: &str| Channels { asked, cluster }.choose(std::iter::once(text));
        assert_eq!(choose(standard, experimental, crd), Channel::Standard);
        assert_eq!(choose(None, standard, crd), Channel::Experimental);
        assert_eq!(choose(None, experimental, ""), Channel::Experimental);
        assert_eq!(choose(None, None, ""), Channel::Standard);
    }
}
