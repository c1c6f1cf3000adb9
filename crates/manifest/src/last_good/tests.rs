use std::sync::Arc;

use super::*;
use routescope_core::model::{Source, SourceKind};

const ROUTE: &str = "apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: shop}
spec:
  rules:
  - backendRefs: [{name: a, port: 80}]
";

fn text(name: &str, text: &str) -> Text {
    Text::of(&Arc::new(Source { name: name.to_owned(), kind: SourceKind::File, text: text.to_owned() }))
}

#[allow(clippy::unnecessary_wraps)] // reading gives one
fn folder(files: &[(&str, &str)]) -> Result<Held, SourceError> {
    let texts = files.iter().map(|(name, content)| Text { lenient: true, ..text(name, content) }).collect();
    Ok(Held { texts, is_folder: true, ..Held::default() })
}

fn missing() -> Result<Held, SourceError> {
    Err(SourceError { message: "no such file or folder: apps".to_owned(), hint: None })
}

/// A reader that reads `apps` again and again; the time is counted in milliseconds.
#[derive(Default)]
struct Reader(LastGood);

impl Reader {
    fn of(files: &[(&str, &str)]) -> Self {
        let mut reader = Self::default();
        assert_eq!(reader.reads(0, folder(files)).1, Vec::<String>::new());
        reader
    }

    /// What counts (each file with its content) and what is said of it.
    fn reads(&mut self, at: u64, now: Result<Held, SourceError>) -> (Vec<(String, String)>, Vec<String>) {
        let settled = self.settled(at, now);
        let counts = settled.held.texts.iter().map(|text| (text.source.name.clone(), text.source.text.clone()));
        (counts.collect(), settled.stale.reasons)
    }

    fn settled(&mut self, at: u64, now: Result<Held, SourceError>) -> Settled {
        self.0.settle("apps", now, Duration::from_millis(at)).expect("it could be read before")
    }
}

fn counts(files: &[(&str, &str)]) -> Vec<(String, String)> {
    files.iter().map(|(name, content)| ((*name).to_owned(), (*content).to_owned())).collect()
}

#[test]
fn what_no_longer_parses_counts_as_it_was_for_as_long_as_that_lasts() {
    let mut reader = Reader::of(&[("apps/a.yaml", ROUTE), ("apps/b.yaml", ROUTE)]);
    let broken = ROUTE.replace("}]", "}");
    for at in [10, 90_000] {
        let settled = reader.settled(at, folder(&[("apps/a.yaml", &broken), ("apps/b.yaml", ROUTE)]));
        assert_eq!(settled.held.texts[0].source.text, ROUTE);
        assert_eq!(settled.stale.reasons, ["apps/a.yaml:7:1 cannot be parsed: its last good content counts"]);
        assert_eq!(settled.stale.again, None);
        assert_eq!(settled.findings.len(), 1);
    }
    let fixed = ROUTE.replace("80", "81");
    let now = [("apps/a.yaml", fixed.as_str()), ("apps/b.yaml", ROUTE)];
    assert_eq!(reader.reads(90_010, folder(&now)), (counts(&now), Vec::new()));
}

#[test]
fn what_never_parsed_is_taken_as_it_is() {
    let mut reader = Reader::of(&[("apps/a.yaml", "kind: HTTPRoute\nspec: [\n")]);
    let now = [("apps/a.yaml", "kind: HTTPRoute\nspec: {\n")];
    assert_eq!(reader.reads(10, folder(&now)), (counts(&now), Vec::new()));
}

#[test]
fn what_has_nothing_to_do_with_routing_is_taken_as_it_is() {
    let mut reader = Reader::of(&[("apps/values.yaml", "a: 1\n")]);
    let now = [("apps/values.yaml", "a: [\n")];
    assert_eq!(reader.reads(10, folder(&now)), (counts(&now), Vec::new()));
}

#[test]
fn half_a_save_counts_as_it_was_for_a_moment() {
    let (half, line) =
        (&ROUTE[..ROUTE.find("  rules").unwrap_or(0)], ROUTE.replace("a, port: 80}]\n", "b, port: 80}]"));
    for (now, why) in [
        ("", "is empty"),
        ("# nothing\n", "is empty"),
        (half, "holds only the beginning of what it held"),
        (&line, "ends in the middle of a line"),
    ] {
        let mut reader = Reader::of(&[("apps/a.yaml", ROUTE)]);
        let settled = reader.settled(500, folder(&[("apps/a.yaml", now)]));
        assert_eq!(settled.held.texts[0].source.text, ROUTE, "{now}");
        let reason = format!("apps/a.yaml {why}: its last good content counts for now");
        assert_eq!(settled.stale, Stale { reasons: vec![reason], again: Some(MOMENT) });
        // A moment later it is what it is.
        let now = [("apps/a.yaml", now)];
        assert_eq!(reader.reads(1499, folder(&now)).0, counts(&[("apps/a.yaml", ROUTE)]));
        assert_eq!(reader.reads(1500, folder(&now)), (counts(&now), Vec::new()));
    }
}

#[test]
fn a_file_that_is_gone_for_a_moment_is_still_there() {
    let (all, left) =
        ([("a.yaml", "a: 1\n"), ("b.yaml", ROUTE), ("c.yaml", "c: 1\n")], [("a.yaml", "a: 1\n"), ("c.yaml", "c: 1\n")]);
    let mut reader = Reader::of(&all);
    let settled = reader.settled(10, folder(&left));
    assert_eq!(settled.stale.again, Some(MOMENT));
    assert_eq!(reader.reads(20, folder(&left)).0, counts(&all), "in its place");
    // An editor renames the old file away, and writes the new one.
    assert_eq!(reader.reads(30, folder(&all)), (counts(&all), Vec::new()));
    assert_eq!(reader.reads(40, folder(&left)).0, counts(&all));
    assert_eq!(reader.reads(1040, folder(&left)), (counts(&left), Vec::new()));
}

#[test]
fn a_file_under_another_name_is_not_there_twice() {
    let mut reader = Reader::of(&[("old.yaml", ROUTE)]);
    let now = [("new.yaml", ROUTE)];
    assert_eq!(reader.reads(10, folder(&now)), (counts(&now), Vec::new()));
}

#[test]
fn a_folder_that_was_named_counts_until_it_is_back() {
    let all = [("apps/a.yaml", ROUTE)];
    let mut reader = Reader::of(&all);
    for at in [10, 90_000] {
        let settled = reader.settled(at, missing());
        assert_eq!(settled.held.texts[0].source.text, ROUTE);
        assert!(settled.held.is_folder);
        assert_eq!(settled.stale.reasons, ["no such file or folder: apps: what was read before counts"]);
        assert_eq!(settled.findings.len(), 1);
    }
    assert_eq!(reader.reads(90_010, folder(&all)), (counts(&all), Vec::new()));
    assert!(LastGood::default().settle("apps", missing(), Duration::ZERO).is_err(), "what never was is an error");
}

#[test]
fn what_may_not_be_read_any_more_counts_as_it_was() {
    let mut reader = Reader::of(&[("apps/a.yaml", ROUTE), ("apps/in/b.yaml", ROUTE)]);
    let unreadable = |name: &str| vec![(name.to_owned(), "permission denied".to_owned())];
    let now = folder(&[("apps/a.yaml", ROUTE)]).map(|held| Held { unreadable: unreadable("apps/in"), ..held });
    let settled = reader.settled(10, now);
    assert_eq!(settled.held.texts.len(), 2);
    assert_eq!(settled.stale.reasons, ["cannot read apps/in: permission denied: its last good content counts"]);
    let now = folder(&[]).map(|held| Held { unreadable: unreadable("apps/new.yaml"), ..held });
    assert_eq!(reader.settled(20, now).held.unreadable, unreadable("apps/new.yaml"));
}
