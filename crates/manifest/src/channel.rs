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
const ANNOTATION: &[u8] = b"gateway.networking.k8s.io/channel";

impl Channel {
    /// The channel that the CRDs in a text name; none of a text without one. A snapshot holds what an API server kept, so
    /// that nothing in it is to be dropped again.
    pub(crate) fn of_text(text: &str) -> Option<Self> {
        if is_snapshot(text) {
            return Some(Self::Experimental);
        }
        let bytes = text.as_bytes();
        let mut named = None;
        for at in memmem::find_iter(bytes, ANNOTATION) {
            let value = text[at + ANNOTATION.len()..].trim_start_matches(['"', '\'']);
            let Some(value) = value.strip_prefix(':') else { continue };
            let value = value.trim_start_matches([' ', '\t', '"', '\'']);
            match value.split(|c: char| !c.is_ascii_lowercase()).next() {
                Some("experimental") => named = Some(Self::Experimental),
                Some("standard") => named = named.or(Some(Self::Standard)),
                _ => {}
            }
        }
        named.filter(|_| memmem::find(bytes, b"CustomResourceDefinition").is_some())
    }
}

/// Whether a text is what `routescope snapshot` writes: its own document comes first.
fn is_snapshot(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.starts_with('#') && *line != "---").take(4);
    lines.any(|line| line == "kind: Snapshot") && text.contains("routescope/v1")
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
    fn a_snapshot_holds_what_the_api_server_kept() {
        let snapshot = "apiVersion: routescope/v1\nkind: Snapshot\nspec: {}\n";
        assert_eq!(Channel::of_text(snapshot), Some(Channel::Experimental));
    }
}
