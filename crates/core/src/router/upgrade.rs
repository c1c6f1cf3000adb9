//! Requests that ask for another protocol on their connection. Envoy refuses an upgrade that nobody allows, whatever its
//! row does, and before any filter looks at it; without a row it is a 404 as always.
//!
//! Sources: Envoy `source/common/http/filter_manager.cc` (`createUpgradeFilterChain`), `source/common/http/utility.cc`
//! (`isUpgrade`), `source/common/http/http1/codec_impl.cc` (h2c), and seen of Envoy 1.38; kgateway
//! `pkg/kgateway/translator/irtranslator/route.go` (WebSocket for a Service that speaks it).

use super::{Decision, Note, Outcome, Responder};
use crate::resolve::{Action, RuleNodeId, Uncertainty};

/// The protocol that a request asks for and that its row does not allow.
pub(super) fn refused(action: &Action, headers: &[(String, String)]) -> Option<String> {
    let protocol = asked_for(headers)?;
    let websocket = matches!(action, Action::Forward(forward) if forward.websocket);
    (!(websocket && protocol.eq_ignore_ascii_case("websocket"))).then_some(protocol)
}

/// 403, unless a policy that is not read allows the protocol on the whole listener.
pub(super) fn answer(decision: &mut Decision, row: RuleNodeId, protocol: &str) {
    decision.outcome = Outcome::Respond { status: 403, by: Responder::Upgrade(row) };
    decision.notes.push(Note::UpgradeNotAllowed(protocol.to_owned()));
    decision.unverified.push(Uncertainty::UpgradePolicy);
}

/// What `Upgrade` says, if `Connection` names it. Envoy takes an upgrade to HTTP/2 away.
pub(super) fn asked_for(headers: &[(String, String)]) -> Option<String> {
    let lines = |name: &'static str| {
        let of_name =
            move |(line, value): &'_ (String, String)| line.eq_ignore_ascii_case(name).then(|| value.trim().to_owned());
        headers.iter().filter_map(of_name).collect::<Vec<_>>()
    };
    let named =
        lines("connection").iter().any(|line| line.split(',').any(|one| one.trim().eq_ignore_ascii_case("upgrade")));
    let upgrade = lines("upgrade");
    let protocol = upgrade.join(",");
    (named && !upgrade.is_empty() && !protocol.eq_ignore_ascii_case("h2c")).then_some(protocol)
}

#[cfg(test)]
mod tests {
    use super::asked_for;

    #[test]
    fn an_upgrade_is_named_by_connection() {
        let sent = |lines: &[(&str, &str)]| {
            let line = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            asked_for(&lines.iter().map(line).collect::<Vec<_>>())
        };
        assert_eq!(
            sent(&[("Connection", "keep-alive, Upgrade"), ("Upgrade", "websocket")]).as_deref(),
            Some("websocket")
        );
        assert_eq!(sent(&[("connection", "upgrade"), ("upgrade", "a"), ("upgrade", "b")]).as_deref(), Some("a,b"));
        assert_eq!(sent(&[("connection", "upgrade"), ("upgrade", "")]).as_deref(), Some(""));
        assert_eq!(sent(&[("connection", "xupgrade"), ("upgrade", "websocket")]), None);
        assert_eq!(sent(&[("upgrade", "websocket")]), None);
        assert_eq!(sent(&[("connection", "upgrade")]), None);
        assert_eq!(sent(&[("connection", "Upgrade, HTTP2-Settings"), ("upgrade", "h2c")]), None);
    }
}
