//! Any bytes as a manifest, as tests of routes, as a theme.

use routescope::theme::Theme;
use routescope_core::model::Meta;
use routescope_manifest::{encoding, files, raw_manifest, route_test};

/// What is said of a text is said of a line that it has, and every object is found again where it was written.
pub fn source(data: &[u8]) {
    let (text, _) = encoding::decode(data.to_vec());
    let loaded = files::load_text("test.yaml", &text);
    // An end that comes too soon is told of the line after the last.
    let lines = u32::try_from(text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).count()).unwrap_or(u32::MAX);
    for place in loaded.findings.iter().filter_map(|finding| finding.place.as_ref()) {
        assert!(place.at.line <= lines, "{place} is beyond the {lines} lines");
    }
    let metas: Vec<&Meta> = loaded.objects.iter().map(|object| object.meta()).collect();
    assert!(raw_manifest::of(&metas).iter().all(Option::is_some), "an object is not where it is said to be");
    let _ = route_test::parse("tests.yaml", &text);
    let _ = Theme::parse("fuzzed", &text);
}
