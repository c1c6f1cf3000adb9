//! Files laid over a cluster: what they change is marked.

use std::sync::Arc;

use routescope::tui::update::Message;
use routescope_cluster::live::Update;
use routescope_core::analysis::Analysis;
use routescope_core::finding::{Location, Subject};
use routescope_core::resolve::Settings;
use routescope_core::store::{Change, Coverage, Mark, OverlayEntry, Store};
use routescope_manifest::files::{self, Input};

use super::explorer::{Explorer, SHOP, cluster, hides, loaded_cluster, named, shows, synced, two};

/// The cluster holds a shop; files that are laid over it change where its orders go and add a cart.
pub fn laid_over(width: u16, height: u16) -> Explorer {
    let cart = "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: cart, namespace: shop}\nspec:\n  \
                parentRefs: [{name: web, namespace: infra}]\n  rules:\n  - matches: [{path: {value: /cart}}]\n    \
                backendRefs: [{name: cart, port: 80}]\n---\napiVersion: v1\nkind: Service\nmetadata: {name: cart, namespace: shop}\n\
                spec: {ports: [{port: 80}]}\n";
    let text = SHOP.replace("orders-v1", "orders-v2") + cart;
    let input = Input::Text { name: "change.yaml".to_owned(), text };
    let loaded = files::load(&[input], true).expect("the manifests load");
    let mut store = Store::default();
    let mark = |object: &routescope_core::model::Object| {
        let meta = object.meta();
        let (mark, lines) = match &*meta.name {
            "web" => (Mark::Same, Vec::new()),
            "cart" => (Mark::New, Vec::new()),
            _ => (Mark::Changed, vec!["rule 1 now goes to Service shop/orders-v2:80 (was …-v1:80)".to_owned()]),
        };
        let subject = Subject { kind: object.kind(), key: meta.key() };
        (subject, OverlayEntry { mark, lines, place: Location::within(&meta.origin, meta.origin.at) })
    };
    let marks = loaded.objects.iter().map(mark).collect();
    let findings = store.apply(Change::Replace { objects: loaded.objects, coverage: Coverage::open() });
    store.overlay(marks);
    let analysis = Arc::new(Analysis::of(Arc::new(store.snapshot()), Settings::default(), findings));
    let mut explorer = cluster(width, height);
    "change.yaml".clone_into(&mut explorer.state.title);
    let world = loaded_cluster(analysis, synced());
    explorer.followed(Update::Loaded(Box::new(world)));
    explorer
}

#[test]
fn what_files_change_is_marked_counted_and_stepped_through() {
    let mut explorer = laid_over(120, 40);
    explorer.press(&["d"]);
    insta::assert_snapshot!(explorer.both());
    for text in ["+ HTTPRoute shop/cart is new", "the cluster", "has none · change.yaml:18"] {
        shows(&explorer, text);
    }
    explorer.press(&["d"]);
    shows(&explorer, "+ Service shop/cart is new");
    explorer.press(&["d"]);
    for text in ["~ HTTPRoute shop/orders is changed", "change.yaml:9", "rule 1 now goes to Service"] {
        shows(&explorer, text);
    }
    explorer.press(&["D", "D", "D", "-", "D"]);
    shows(&explorer, "~ HTTPRoute shop/orders is changed");
    explorer.press(&["gg", "o"]);
    shows(&explorer, "files over kind-dev: 2 new, 1 changed, 1 unchanged");
    shows(&explorer, "~ HTTPRoute shop/orders: rule 1 now goes to Service shop/orders-v2:80");
    explorer.press(&["enter"]);
    shows(&explorer, "+ HTTPRoute shop/cart is new");
}

#[test]
fn an_answer_says_that_it_hangs_on_files() {
    let mut explorer = laid_over(120, 40);
    explorer.ask("http://a.io/cart/1");
    insta::assert_snapshot!(explorer.text());
    shows(&explorer, "+ not in the cluster yet");
    explorer.press(&["ctrl-u"]).write("http://a.io/orders/1");
    shows(&explorer, "~ as the files change it");
    explorer.press(&["ctrl-u"]).write("http://a.io/elsewhere");
    hides(&explorer, "as the files change it");
    explorer.send(Message::Resize(80, 24));
    explorer.press(&["esc", "d"]);
    insta::assert_snapshot!("in_80_by_24_what_files_change_is_marked", explorer.both());
    explorer.state.ascii = true;
    shows(&explorer, "+ new");
    shows(&explorer, "~ changed");
}

#[test]
fn in_what_an_answer_is_other_counts_for_more_than_what_it_hangs_on() {
    let laid = laid_over(80, 24);
    let analysis = Arc::clone(&laid.state.side().world.as_ref().expect("a world").analysis);
    let mut explorer = two(80, 24);
    let world = loaded_cluster(analysis, named("prod"));
    explorer.followed_on(1, Update::Loaded(Box::new(world)));
    explorer.ask("http://a.io/orders/1");
    shows(&explorer, "≠ ● shop/orders-v2:80  Service ? not certain · other destination");
    explorer.send(Message::Resize(140, 40));
    shows(&explorer, "other destination · ~ as the files change it");
}

#[test]
fn what_the_cluster_does_not_tell_of_is_not_called_new() {
    let mut explorer = laid_over(120, 40);
    let side = explorer.state.side();
    let snapshot = &side.world.as_ref().expect("a world").analysis.snapshot;
    let mut store = Store::default();
    let mut marks = (*snapshot.overlaid).clone();
    for laid in marks.values_mut() {
        laid.mark = Mark::Unseen;
    }
    let input = Input::Text { name: "change.yaml".to_owned(), text: SHOP.to_owned() };
    let objects = files::load(&[input], true).expect("the manifests load").objects;
    let findings = store.apply(Change::Replace { objects, coverage: Coverage::open() });
    store.overlay(marks);
    let analysis = Arc::new(Analysis::of(Arc::new(store.snapshot()), Settings::default(), findings));
    let world = loaded_cluster(analysis, synced());
    explorer.followed(Update::Loaded(Box::new(world)));
    shows(&explorer, "orders (shop) ? new or changed");
    shows(&explorer, "?4 new or changed");
    explorer.send(Message::Paste("http://a.io/orders".to_owned()));
    shows(&explorer, "? perhaps not in the cluster yet");
    explorer.press(&["esc", "o"]);
    shows(&explorer, "4 new or changed");
}

#[test]
fn without_files_there_is_nothing_to_step_through() {
    let mut explorer = cluster(80, 24);
    explorer.holds(SHOP, synced());
    for key in ["d", "D", "o"] {
        explorer.press(&[key]);
        shows(&explorer, "no files are laid over a cluster");
    }
}
