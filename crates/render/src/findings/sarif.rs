//! Findings as SARIF 2.1.0, which code hosts show at the lines they are about.

use std::fmt::Write as _;

use routescope_core::finding::{Code, Entry, Finding, Severity};
use routescope_core::model::SourceKind;
use serde_sarif::sarif::{
    ArtifactLocation, Location, LogicalLocation, Message, MultiformatMessageString, PhysicalLocation, Region,
    ReportingConfiguration, ReportingDescriptor, Result as SarifResult, ResultLevel, Run, Sarif, Tool, ToolComponent,
};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The findings of a run, with the rules that they are of.
pub fn sarif(findings: &[Finding]) -> Sarif {
    let mut codes: Vec<Code> = findings.iter().map(|finding| finding.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let rules: Vec<ReportingDescriptor> = codes.iter().map(|code| rule(code.entry())).collect();
    let results: Vec<SarifResult> = findings
        .iter()
        .map(|finding| {
            let at = codes.binary_search(&finding.code).ok().and_then(|at| i64::try_from(at).ok()).unwrap_or(-1);
            result(finding, at)
        })
        .collect();
    let driver = ToolComponent::builder()
        .name("routescope")
        .version(env!("CARGO_PKG_VERSION"))
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .rules(rules)
        .build();
    let run = Run::builder().tool(Tool::builder().driver(driver).build()).results(results).build();
    Sarif::builder().schema(SCHEMA).version(serde_json::json!("2.1.0")).runs(vec![run]).build()
}

fn rule(entry: &Entry) -> ReportingDescriptor {
    let help = |markdown: bool| {
        let mut help = entry.explanation().to_owned();
        for (what, example) in [("Bad", entry.bad()), ("Good", entry.good())] {
            let _ = if markdown {
                write!(help, "\n\n{what}:\n\n```{}\n{}\n```", example.language(), example.text)
            } else {
                write!(help, "\n\n{what}:\n\n{}", example.text)
            };
        }
        help
    };
    ReportingDescriptor::builder()
        .id(entry.code.name())
        .short_description(text(entry.title))
        .full_description(text(entry.explanation()))
        .help(MultiformatMessageString::builder().text(help(false)).markdown(help(true)).build())
        .default_configuration(
            ReportingConfiguration::builder().level(serde_json::json!(level(entry.severity))).build(),
        )
        .build()
}

fn text(text: &str) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(text).build()
}

/// The word of the specification.
fn level(severity: Severity) -> ResultLevel {
    match severity {
        Severity::Info => ResultLevel::Note,
        Severity::Warning => ResultLevel::Warning,
        Severity::Error => ResultLevel::Error,
    }
}

fn result(finding: &Finding, rule: i64) -> SarifResult {
    let mut message = super::sentence(finding);
    if let Some(help) = super::help(finding) {
        let _ = write!(message, "\n{help}");
    }
    SarifResult::builder()
        .rule_id(finding.code.name())
        .rule_index(rule)
        .level(level(finding.severity))
        .message(Message::builder().text(message).build())
        .locations(location(finding).into_iter().collect::<Vec<_>>())
        .build()
}

fn location(finding: &Finding) -> Option<Location> {
    let place = finding.place.as_ref().filter(|place| place.source.kind == SourceKind::File);
    let physical = place.map(|place| {
        let artifact = ArtifactLocation::builder().uri(uri(&place.source.name)).build();
        if place.at.is_known() {
            let region = Region::builder()
                .start_line(i64::from(place.at.line))
                .start_column(i64::from(place.at.column.max(1)))
                .build();
            PhysicalLocation::builder().artifact_location(artifact).region(region).build()
        } else {
            PhysicalLocation::builder().artifact_location(artifact).build()
        }
    });
    let logical = finding.subject.as_ref().map(|subject| {
        let name = subject.to_string();
        vec![LogicalLocation::builder().fully_qualified_name(name).kind("resource").build()]
    });
    match (physical, logical) {
        (Some(physical), Some(logical)) => {
            Some(Location::builder().physical_location(physical).logical_locations(logical).build())
        }
        (Some(physical), None) => Some(Location::builder().physical_location(physical).build()),
        (None, Some(logical)) => Some(Location::builder().logical_locations(logical).build()),
        (None, None) => None,
    }
}

/// A path as a URI reference: relative as it was given, or `file:///…`.
fn uri(path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path).replace('\\', "/");
    let mut uri = if path.starts_with('/') { "file://".to_owned() } else { String::new() };
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            _ => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn paths_become_uri_references() {
        assert_eq!(uri("./routes/a.yaml"), "routes/a.yaml");
        assert_eq!(uri("/tmp/my routes.yaml"), "file:///tmp/my%20routes.yaml");
        assert_eq!(uri("a:b/ä.yaml"), "a%3Ab/%C3%A4.yaml");
    }
}
