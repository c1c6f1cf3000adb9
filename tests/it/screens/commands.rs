//! The command line: contexts, namespaces, actions.

use std::sync::Arc;

use routescope::tui::Reading;
use routescope::tui::context_pane::ContextId;
use routescope::tui::effect::Effect;
use routescope::tui::update::Message;
use routescope_cluster::live::Update;
use routescope_cluster::{ContextEntry, Unreadable};
use routescope_manifest::files::Input;

use super::explorer::{Explorer, SHOP, cluster, demo, hides, read, shows, synced};

pub fn entry(name: &str) -> ContextEntry {
    ContextEntry {
        name: name.to_owned(),
        cluster: name.to_owned(),
        server: Some(format!("https://{name}.example.com:6443")),
        user: None,
        namespace: "default".into(),
        current: name == "kind-dev",
    }
}

#[test]
fn a_command_is_completed_and_carried_out() {
    let mut explorer = demo(120, 40);
    explorer.press(&[":"]).write("fi");
    shows(&explorer, ":fi   filter · findings");
    explorer.press(&["tab", "tab"]);
    shows(&explorer, ":findings");
    explorer.press(&["enter"]);
    shows(&explorer, " no problems found");
    explorer.press(&[":"]).write("level 1");
    explorer.press(&["enter"]);
    hides(&explorer, "banking-routes");
    explorer.press(&[":", "q", "esc"]);
    assert!(explorer.effects.is_empty());
    explorer.press(&[":", "q", "enter"]);
    assert!(matches!(explorer.effects.last(), Some(Effect::Quit)));
}

#[test]
fn an_unknown_command_stays_to_be_mended() {
    let mut explorer = demo(120, 40);
    explorer.press(&[":"]).write("relaod");
    explorer.press(&["enter"]);
    shows(&explorer, ":relaod   no command relaod: did you mean reload?");
    explorer.press(&["ctrl-u"]).write("theme nope");
    explorer.press(&["enter"]);
    shows(&explorer, "no theme nope: there are telling");
    explorer.press(&["ctrl-u"]).write("ctx");
    explorer.press(&["enter"]);
    shows(&explorer, "only files: no cluster is followed");
}

#[test]
fn namespaces_narrow_the_tree_to_what_touches_them() {
    let mut explorer = demo(120, 40);
    explorer.press(&[":"]).write("ns pay");
    explorer.press(&["tab", "enter"]);
    shows(&explorer, "tree · ns payments");
    hides(&explorer, "banking-routes");
    insta::assert_snapshot!(explorer.text());
    explorer.send(Message::Loaded(Ok(read(Input::Demo))));
    hides(&explorer, "banking-routes");
    explorer.press(&[":"]).write("ns elsewhere");
    explorer.press(&["enter"]);
    shows(&explorer, "nothing that is known touches elsewhere");
    explorer.press(&[":"]).write("ns all");
    explorer.press(&["enter"]);
    shows(&explorer, "banking-routes");
    hides(&explorer, "· ns ");
    assert!(explorer.effects.is_empty(), "files are not asked: {:?}", explorer.effects);
}

#[test]
fn the_answer_of_a_gateway_that_is_shown_comes_first() {
    let other = SHOP.replace("name: web", "name: inner").replace("infra", "later").replace("orders", "stock");
    let answers = "---\n".to_owned() + &other.replace("- matches: [{path: {value: /stock}}]\n    ", "- ");
    let mut explorer = cluster(120, 40);
    explorer.holds(&(SHOP.to_owned() + &answers), synced());
    explorer.send(Message::Paste("http://a.io/orders/1".to_owned()));
    shows(&explorer, "answer 1 of 2");
    shows(&explorer, "shop/orders-v1:80");
    explorer.press(&["esc", ":"]).write("ns later").press(&["enter"]);
    shows(&explorer, "answer 2 of 2");
    shows(&explorer, "shop/stock-v1:80");
}

#[test]
fn a_namespace_is_picked_and_the_cluster_asked_for_it() {
    let mut explorer = cluster(80, 24);
    let mut status = synced();
    status.unreadable = vec![Unreadable { namespace: Some("bank".into()), kind: 0 }];
    explorer.holds(SHOP, status);
    explorer.press(&[":"]).write("ns");
    explorer.press(&["enter"]);
    insta::assert_snapshot!(explorer.text());
    explorer.press(&["down", "enter"]);
    assert!(matches!(explorer.effects.last(), Some(Effect::ReadNamespace { namespace, .. }) if namespace == "bank"));
    shows(&explorer, "tree · ns bank");
}

#[test]
fn contexts_are_listed_and_the_one_picked_is_followed() {
    let mut explorer = cluster(100, 24);
    explorer.holds(SHOP, synced());
    explorer.ask("http://a.io/orders/1");
    explorer.press(&["enter", ":"]).write("ctx");
    explorer.press(&["enter"]);
    assert!(matches!(explorer.effects.last(), Some(Effect::Contexts)));
    explorer.send(Message::Contexts(Ok(vec![entry("kind-dev"), entry("prod")])));
    insta::assert_snapshot!(explorer.text());
    explorer.press(&["down", "enter"]);
    assert!(
        matches!(explorer.effects.last(), Some(Effect::Follow { epoch: 1, context: Some(name), .. }) if name == "prod")
    );
    shows(&explorer, "connecting to prod …");
    shows(&explorer, "GET http://a.io/orders/1");
    hides(&explorer, "orders (shop)");
    hides(&explorer, "kind-dev");
    explorer.send(Message::Followed {
        side: ContextId(0),
        epoch: 0,
        update: Box::new(Update::Status(Arc::new(synced()))),
    });
    shows(&explorer, "connecting to prod …");
    explorer.holds(&SHOP.replace("orders-v1", "orders-prod"), synced());
    shows(&explorer, "● shop/orders-prod:80");
}

#[test]
fn a_context_that_is_not_there_is_not_gone_to() {
    let mut explorer = cluster(100, 24);
    explorer.holds(SHOP, synced()).press(&[":"]);
    explorer.send(Message::Contexts(Ok(vec![entry("kind-dev"), entry("prod")])));
    explorer.write("ctx prd").press(&["enter"]);
    shows(&explorer, "no context prd: did you mean prod?");
    explorer.press(&["ctrl-u"]).write("ctx p");
    explorer.press(&["tab", "enter"]);
    shows(&explorer, "connecting to prod …");
}

#[test]
fn what_else_could_be_read_is_said_at_the_start_and_not_at_a_reload() {
    let hint = "3 kustomize roots: --roots reads each as kustomize builds it";
    let with_hint = || Reading { hint: Some(hint.to_owned()), ..read(Input::Demo) };
    let mut explorer = Explorer::waiting("repo", 120, 40);
    explorer.send(Message::Loaded(Ok(with_hint())));
    shows(&explorer, hint);
    explorer.send(Message::Loaded(Ok(with_hint())));
    shows(&explorer, "reloaded");
    hides(&explorer, hint);
}
