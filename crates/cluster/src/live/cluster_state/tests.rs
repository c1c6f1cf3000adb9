//! News in, states out: no connection, no clock.

use std::time::SystemTime;

use super::*;
use crate::live::overlay::{NOT_YET, overlay};
use routescope_core::model::Name;
use routescope_core::store::Mark;
use routescope_manifest::files::load_text;

fn feed(kind: &str) -> WatchScope {
    let kind = KINDS.iter().position(|known| known.kind == kind).expect("a kind that is read");
    WatchScope { kind, namespace: None }
}

fn route(name: &str, backend: &str) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{ name: {name}, namespace: team, \
         creationTimestamp: 2026-01-01T00:00:00Z, labels: {{ owner: us }} }}\nspec:\n  rules:\n  - backendRefs: [{{ name: \
         {backend}, port: 80 }}]\n"
    )
}

fn read(text: &str) -> Vec<Read> {
    let loaded = load_text("cluster", text);
    assert!(loaded.findings.is_empty(), "{:?}", loaded.findings);
    loaded.objects.into_iter().map(|object| Read { object, findings: Vec::new() }).collect()
}

fn listed(kind: &str, texts: &[String]) -> WatchEvent {
    WatchEvent::Listed { feed: feed(kind), objects: read(&texts.join("---\n")) }
}

fn applied(kind: &str, text: &str) -> WatchEvent {
    WatchEvent::Applied { feed: feed(kind), read: Box::new(read(text).remove(0)) }
}

fn deleted(kind: &str, name: &str) -> WatchEvent {
    WatchEvent::Deleted { feed: feed(kind), key: ObjectKey::new("team", name) }
}

fn known() -> ClusterState {
    ClusterState::new(Status::connecting("prod".to_owned(), "https://server".to_owned()))
}

/// All kinds stand like this.
fn reading(state: &KindState) -> WatchEvent {
    let mut status = Status::connecting("prod".to_owned(), "https://server".to_owned());
    status.kinds.fill(state.clone());
    WatchEvent::Status(status)
}

impl ClusterState {
    fn hear(&mut self, news: WatchEvent) -> bool {
        self.take(news, SystemTime::UNIX_EPOCH)
    }

    fn lay_text(&mut self, text: &str) {
        let home = Name::new_static("team");
        self.lay(overlay(load_text("files", text).objects, &home), Default::default(), Some(SystemTime::UNIX_EPOCH));
    }

    /// What changed, in words.
    fn told(&mut self) -> Vec<String> {
        let changes = self.state().changes;
        changes.into_iter().map(|one| format!("{:?} {}: {}", one.how, one.subject, one.lines.join("; "))).collect()
    }

    /// Where a route's first rule goes, and what the files do to it.
    #[track_caller]
    fn goes(&mut self, name: &str) -> (String, Option<Mark>) {
        let about = Subject { kind: "HTTPRoute", key: ObjectKey::new("team", name) };
        let mark = self.state().snapshot.overlaid.get(&about).map(|laid| laid.mark);
        match self.store.find("HTTPRoute", &about.key) {
            Some(Object::Route(route)) => (route.rules[0].backend_refs[0].name.to_string(), mark),
            _ => (String::new(), mark),
        }
    }
}

#[test]
fn the_first_list_is_no_change_and_what_comes_later_is() {
    let mut known = known();
    assert!(known.hear(listed("HTTPRoute", &[route("a", "one")])));
    assert_eq!(known.told(), Vec::<String>::new());
    assert!(known.hear(applied("HTTPRoute", &route("a", "two"))));
    assert!(known.hear(applied("HTTPRoute", &route("b", "one"))));
    let changed = "Modified HTTPRoute team/a: rule 1 now goes to Service team/two:80 (was Service team/one:80)";
    assert_eq!(known.told(), [changed, "Added HTTPRoute team/b: rule 1: PathPrefix / → Service team/one:80"]);
    assert_eq!(known.told(), Vec::<String>::new(), "it is told once");
}

#[test]
fn what_routing_does_not_read_is_no_news() {
    let mut known = known();
    known.hear(listed("HTTPRoute", &[route("a", "one")]));
    assert!(!known.hear(applied("HTTPRoute", &route("a", "one"))));
    let annotated = route("a", "one").replace("labels:", "annotations: { note: x }, labels:");
    assert!(!known.hear(applied("HTTPRoute", &annotated)));
}

#[test]
fn a_new_list_brings_only_the_differences() {
    let mut known = known();
    known.hear(listed("HTTPRoute", &[route("a", "one"), route("b", "one"), route("c", "one")]));
    assert!(!known.hear(listed("HTTPRoute", &[route("a", "one"), route("b", "one"), route("c", "one")])));
    assert!(known.hear(listed("HTTPRoute", &[route("a", "one"), route("b", "two")])));
    let changed = "Modified HTTPRoute team/b: rule 1 now goes to Service team/two:80 (was Service team/one:80)";
    assert_eq!(known.told(), [changed, "Deleted HTTPRoute team/c: rule 1: PathPrefix / → Service team/one:80"]);
}

#[test]
fn there_and_back_again_is_no_change() {
    let mut known = known();
    known.hear(listed("HTTPRoute", &[route("a", "one")]));
    known.hear(applied("HTTPRoute", &route("a", "two")));
    known.hear(applied("HTTPRoute", &route("a", "one")));
    known.hear(applied("HTTPRoute", &route("b", "one")));
    known.hear(deleted("HTTPRoute", "b"));
    assert_eq!(known.told(), Vec::<String>::new());
}

#[test]
fn a_feed_that_is_given_up_takes_its_objects_with_it_and_deletes_nothing() {
    let mut known = known();
    known.hear(listed("HTTPRoute", &[route("a", "one")]));
    assert!(known.hear(WatchEvent::Closed { feed: feed("HTTPRoute") }));
    assert!(known.store.find("HTTPRoute", &ObjectKey::new("team", "a")).is_none());
    assert_eq!(known.told(), Vec::<String>::new());
}

#[test]
fn an_object_that_another_feed_holds_stays() {
    let mut known = known();
    let single = WatchScope { namespace: Some(Name::new_static("team")), ..feed("HTTPRoute") };
    known.hear(WatchEvent::Listed { feed: single.clone(), objects: read(&route("a", "one")) });
    known.hear(listed("HTTPRoute", &[route("a", "one")]));
    assert!(!known.hear(WatchEvent::Closed { feed: single }));
    assert!(known.store.find("HTTPRoute", &ObjectKey::new("team", "a")).is_some());
}

#[test]
fn endpoints_are_told_of_their_service() {
    let slice = |name: &str, ready: &[bool]| {
        let endpoints = ready
            .iter()
            .enumerate()
            .map(|(at, ready)| format!("- {{ addresses: [10.0.0.{at}], conditions: {{ ready: {ready} }} }}\n"));
        format!(
            "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {{ name: {name}, namespace: team, labels: {{ \
             kubernetes.io/service-name: shop }} }}\naddressType: IPv4\nendpoints:\n{}",
            endpoints.collect::<String>()
        )
    };
    let mut known = known();
    known.hear(listed("EndpointSlice", &[slice("x", &[true, true]), slice("z", &[true])]));
    known.told();
    known.hear(applied("EndpointSlice", &slice("x", &[true, false])));
    assert_eq!(known.told(), ["Modified Service team/shop: endpoints 3/3 → 2/3 ready"]);
    known.hear(deleted("EndpointSlice", "z"));
    known.hear(applied("EndpointSlice", &slice("x", &[true, false])));
    assert_eq!(known.told(), ["Modified Service team/shop: endpoints 2/3 → 1/2 ready"]);
}

#[test]
fn what_may_not_be_read_is_not_taken_to_be_new() {
    let mut known = known();
    known.lay_text(&route("a", "one"));
    assert_eq!(known.goes("a").1, Some(Mark::Unseen), "nothing is known yet");
    assert!(known.hear(reading(&KindState::SyncedIn(vec!["team".into()]))));
    assert_eq!(known.goes("a").1, Some(Mark::New));
    known.hear(reading(&KindState::Forbidden));
    assert_eq!(known.goes("a").1, Some(Mark::Unseen));
    known.hear(applied("HTTPRoute", &route("a", "one")));
    assert_eq!(known.goes("a").1, Some(Mark::Same));
}

#[test]
fn what_the_api_server_writes_down_of_a_service_is_no_change() {
    let mut known = known();
    let service =
        |spec: &str| format!("apiVersion: v1\nkind: Service\nmetadata: {{ name: s, namespace: team }}\nspec: {spec}\n");
    let live = "{ type: ClusterIP, clusterIP: 10.0.0.7, ports: [{ port: 80, targetPort: 80, protocol: TCP }] }";
    known.hear(listed("Service", &[service(live)]));
    known.lay_text(&service("{ ports: [{ port: 80 }] }"));
    let about = Subject { kind: "Service", key: ObjectKey::new("team", "s") };
    let mark = |known: &mut ClusterState| known.state().snapshot.overlaid.get(&about).map(|laid| laid.mark);
    assert_eq!(mark(&mut known), Some(Mark::Same));
    known.lay_text(&service("{ ports: [{ port: 80, targetPort: 8080 }] }"));
    assert_eq!(mark(&mut known), Some(Mark::Changed));
}

#[test]
fn files_cover_the_cluster_and_uncover_it_again() {
    let mut known = known();
    known.hear(listed("HTTPRoute", &[route("a", "one"), route("b", "one")]));
    known.hear(reading(&KindState::Synced));
    let file =
        |text: String| text.replace("namespace: team, ", "").replace("creationTimestamp: 2026-01-01T00:00:00Z, ", "");
    known.lay_text(&[file(route("a", "new")), file(route("b", "one")), file(route("c", "one"))].join("---\n"));
    assert_eq!(known.goes("a"), ("new".to_owned(), Some(Mark::Changed)));
    assert_eq!(known.goes("b"), ("one".to_owned(), Some(Mark::Same)));
    assert_eq!(known.goes("c"), ("one".to_owned(), Some(Mark::New)));

    known.hear(applied("HTTPRoute", &route("a", "live")));
    assert_eq!(known.goes("a"), ("new".to_owned(), Some(Mark::Changed)), "what is beneath does not show");
    known.hear(applied("HTTPRoute", &route("b", "other")));
    assert_eq!(known.goes("b"), ("one".to_owned(), Some(Mark::Changed)));
    known.hear(applied("HTTPRoute", &route("c", "one")));
    assert_eq!(known.goes("c"), ("one".to_owned(), Some(Mark::Same)), "someone applied it");
    known.hear(deleted("HTTPRoute", "b"));
    assert_eq!(known.goes("b"), ("one".to_owned(), Some(Mark::New)));

    known.lay_text("");
    assert_eq!(known.goes("a"), ("live".to_owned(), None));
    assert_eq!(known.goes("b"), (String::new(), None));
    assert_eq!(known.goes("c"), ("one".to_owned(), None));
}

#[test]
fn an_object_of_the_files_is_as_old_as_the_clusters_or_not_there_yet() {
    let mut known = known();
    known.hear(listed("HTTPRoute", &[route("a", "one").replace("owner: us", "owner: us, seen: yes-it-is")]));
    let file = |name| route(name, "new").replace("creationTimestamp: 2026-01-01T00:00:00Z, ", "");
    known.lay_text(&[file("a"), file("c")].join("---\n"));
    let mut meta = |name: &str| {
        let snapshot = known.state().snapshot;
        let id = snapshot
            .find_route(routescope_core::model::RouteKind::Http, &ObjectKey::new("team", name))
            .expect("a route");
        snapshot.route(id).meta.clone()
    };
    assert_eq!(meta("a").created, Some(1_767_225_600));
    assert!(meta("a").label("seen").is_some(), "labels that others put there stay");
    assert_eq!(meta("c").created, Some(NOT_YET));
}
