//! Reading manifests: what loads, what is reported, and in which words.

use routescope::source::files::load_text;

/// All findings of a text, one a line: `severity[code] place: message (help)`.
#[track_caller]
fn findings(text: &str) -> String {
    let lines: Vec<String> = load_text("test.yaml", text)
        .findings
        .iter()
        .map(|f| {
            let place = f.place.as_ref().map(ToString::to_string).unwrap_or_default();
            let help = f.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
            format!("{}[{}] {place}: {}{help}", f.severity.name(), f.code, f.message)
        })
        .collect();
    lines.join("\n")
}

#[test]
fn a_broken_document_does_not_take_its_neighbours_with_it() {
    let text = "apiVersion: v1
kind: Namespace
metadata:
  name: before
---
apiVersion: v1
kind: Namespace
metadata:
  name: broken: here
---
apiVersion: v1
kind: Namespace
metadata:
  name: after
";
    let loaded = load_text("test.yaml", text);
    let names: Vec<_> = loaded.objects.iter().map(|o| o.meta().name.as_str()).collect();
    assert_eq!(names, ["before", "after"]);
    assert_eq!(
        findings(text),
        "error[yaml-syntax] test.yaml:9:15: mapping values are not allowed in this context (a value that contains `: ` \
         needs quotes; or the line is indented too far)"
    );
}
