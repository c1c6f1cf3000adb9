//! Routing facts, one small manifest each: `tests/cases/<area>/<fact>.yaml` opens with what must come of it.
//!
//! ```yaml
//! # settings: complete engine=NAME weighted grants=strict validation=strict wildcard=NAME discovery=JSON
//! #   policies=NAMESPACE merge=JSON, on one line
//! # where [METHOD] URL [name: value]… -> ANSWER [by ROUTE#RULE] [via ROUTE#RULE…] [as HOST/PATH]
//! #   [copied SERVICE 1/10, …|nowhere]
//! #   [ready N/M|unknown, …] [certain|unverified], on one line
//! # rows HOST             the whole table of that virtual host, in evaluation order
//! # rows ROUTE#RULE       the table that the first ref of that rule leads to (agentgateway)
//! #   MATCH -> ANSWER [by ROUTE#RULE]
//! # policies [METHOD] URL  what the policies on the way come to, part by part; then timeouts and retries
//! #   PART: NAME STATE [by NAME, …][: WHY]; NAME …
//! #   timeout 5s from NAME | idle 5s from NAME | retries 3 [each 1s] from NAME
//! # hosts :PORT [sni NAME] HOST | …          every virtual host
//! # unattached ROUTE REASON
//! # engine GATEWAY NAME
//! # finding SEVERITY CODE KIND NAME
//! # nothing found          no finding at all
//! ```
//!
//! ANSWER is `svc:80`, `Backend name`, several with shares (`svc:80 75%, gone:80 25% missing`), `redirect 302 URL`,
//! `500 unresolved-delegation`, `unknown`, `passthrough svc:443` (`by` the TCP or TLS route) or `404`, then `refused` where Envoy refuses it; several Gateways answer with ` | ` between. MATCH is `/prefix`, `=/exact` or
//! `~regex`, then a method, `header=value`, `?param=value`. What an expectation does not say is not compared. The
//! namespace `default` is left out.

use crate::support::show;

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use routescope_core::analysis::Analysis;
use routescope_core::finding::Finding;
use routescope_core::model::Name;
use routescope_core::resolve::{
    DIALECTS, GrantMode, LinkId, RuleNodeId, Settings, ValidationMode, discovery_selectors, policy_merge,
};
use routescope_core::router::Request;
use routescope_core::store::Coverage;

/// One test per folder of facts.
macro_rules! areas {
    ($($area:ident),* $(,)?) => {
        $(#[test] fn $area() { check_area(stringify!($area)); })*

        #[test]
        fn every_area_is_tested() {
            let mut named = vec![$(stringify!($area)),*];
            named.sort_unstable();
            assert_eq!(named, entries(&cases()).iter().map(|path| stem(path)).collect::<Vec<_>>());
        }
    };
}

areas!(
    actions,
    agentgateway,
    attachment,
    backends,
    delegation,
    endpoints,
    engines,
    filters,
    findings,
    gateway_api,
    gloo,
    grpc,
    hostnames,
    inheritance,
    listeners,
    matching,
    policies,
    precedence,
    redirects,
    rewrites,
    streams,
    worlds,
);

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.sort();
    paths
}

fn stem(path: &Path) -> &str {
    path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default()
}

fn check_area(area: &str) {
    let mut failures = String::new();
    let facts = entries(&cases().join(area));
    for path in &facts {
        let text = fs::read_to_string(path).expect("a readable case");
        for failure in check_case(&text) {
            let _ = writeln!(failures, "{}\n{failure}\n", path.display());
        }
    }
    let failed = failures.matches("tests/cases").count();
    assert!(failures.is_empty(), "{failed} of {} facts about {area} do not hold:\n\n{failures}", facts.len());
}

/// What a case says must come of it.
enum Expectation<'t> {
    Where { request: &'t str, answer: &'t str },
    Rows { host: &'t str, rows: Vec<&'t str> },
    Policies { request: &'t str, rows: Vec<&'t str> },
    Hosts(&'t str),
    Unattached(&'t str),
    Engine(&'t str),
    Finding(&'t str),
}

/// Holds a case against the library; returns what differs.
fn check_case(text: &str) -> Vec<String> {
    let mut settings = Settings::default();
    let mut coverage = Coverage::open();
    let mut expectations = Vec::new();
    for line in text.lines().map_while(|line| line.strip_prefix('#')) {
        if let (Some(row), Some(Expectation::Rows { rows, .. } | Expectation::Policies { rows, .. })) =
            (line.strip_prefix("   "), expectations.last_mut())
        {
            rows.push(row);
            continue;
        }
        match line.trim_start().split_once(' ') {
            Some(("settings:", words)) => words.split(' ').for_each(|word| set(&mut settings, &mut coverage, word)),
            Some(("where", rest)) => {
                let (request, answer) = rest.split_once(" -> ").expect("where REQUEST -> ANSWER");
                expectations.push(Expectation::Where { request, answer });
            }
            Some(("rows", host)) => expectations.push(Expectation::Rows { host, rows: Vec::new() }),
            Some(("policies", request)) => expectations.push(Expectation::Policies { request, rows: Vec::new() }),
            Some(("hosts", hosts)) => expectations.push(Expectation::Hosts(hosts)),
            Some(("unattached", rest)) => expectations.push(Expectation::Unattached(rest)),
            Some(("engine", rest)) => expectations.push(Expectation::Engine(rest)),
            Some(("finding", rest)) => expectations.push(Expectation::Finding(rest)),
            Some(("nothing", "found")) => expectations.push(Expectation::Finding("")),
            _ => {} // prose
        }
    }
    assert!(!expectations.is_empty(), "a case without expectations");
    let analysis = routescope_manifest::analyse_text(text, coverage, settings);
    expectations.iter().filter_map(|expectation| check(&analysis, expectation).err()).collect()
}

/// Every case: its name, its text, and what it is read with.
pub fn all() -> Vec<(String, String, Settings, Coverage)> {
    let areas = entries(&cases());
    let files = areas.iter().flat_map(|area| entries(area));
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a readable case");
        let (mut settings, mut coverage) = (Settings::default(), Coverage::open());
        for words in text.lines().filter_map(|line| line.strip_prefix("# settings: ")) {
            words.split(' ').for_each(|word| set(&mut settings, &mut coverage, word));
        }
        (path.strip_prefix(cases()).unwrap_or(&path).display().to_string(), text, settings, coverage)
    };
    files.map(read).collect()
}

fn set(settings: &mut Settings, coverage: &mut Coverage, word: &str) {
    match word.split_once('=').unwrap_or((word, "")) {
        ("complete", _) => *coverage = Coverage::closed(),
        ("weighted", _) => settings.weighted_route_precedence = true,
        ("engine", name) => {
            let known = DIALECTS.iter().map(|dialect| dialect.engine).find(|engine| engine.name() == name);
            settings.engine = Some(known.expect("an engine's name"));
        }
        ("grants", "off") => settings.reference_grants = GrantMode::Off,
        ("grants", "strict") => settings.reference_grants = GrantMode::Strict,
        ("validation", "strict") => settings.validation = ValidationMode::Strict,
        ("discovery", json) => settings.discovery_namespace_selectors = discovery_selectors(json).expect("selectors"),
        ("policies", name) => settings.global_policy_namespace = Some(Name::new(name)),
        ("merge", parts) => settings.policy_merge = policy_merge(parts).expect("parts and depths"),
        ("wildcard", name) => settings.wildcard_namespace = Name::new(name),
        _ => panic!("no setting {word}"),
    }
}

fn check(analysis: &Analysis, expectation: &Expectation) -> Result<(), String> {
    match expectation {
        Expectation::Where { request, answer } => check_where(analysis, request, answer),
        Expectation::Rows { host, rows } => check_rows(analysis, host, rows),
        Expectation::Policies { request, rows } => {
            let asked = parse_request(request).map_err(|error| format!("  policies {request}: {error}"))?;
            let decisions = analysis.decide(&asked, None);
            let actual: Vec<_> = decisions.iter().flat_map(|decision| show::policies(&decision.policies)).collect();
            same(&format!("policies {request}"), &rows.join("\n    "), &actual.join("\n    "))
        }
        Expectation::Hosts(expected) => {
            let hosts = analysis.table.gateways.iter().flat_map(|gateway| &gateway.virtual_hosts);
            let hosts: Vec<_> = hosts
                .map(|host| match &host.sni {
                    Some(sni) => format!(":{} sni {sni} {}", host.port, host.hostname),
                    None => format!(":{} {}", host.port, host.hostname),
                })
                .collect();
            let actual = if hosts.is_empty() { "none".to_owned() } else { hosts.join(" | ") };
            same("hosts", expected, &actual)
        }
        Expectation::Unattached(expected) => {
            let actual = analysis.tree.unattached.iter().map(|unattached| {
                let route = show::key(&analysis.snapshot.route(unattached.route).meta.key());
                format!("{route} {}", unattached.why.reason())
            });
            among("unattached", expected, &actual.collect::<Vec<_>>())
        }
        Expectation::Engine(expected) => {
            let engines = analysis.tree.gateways.iter();
            let actual =
                engines.map(|node| format!("{} {}", show::key(&node.gateway.meta.key()), node.dialect.engine.name()));
            among("engine", expected, &actual.collect::<Vec<_>>())
        }
        Expectation::Finding(expected) => {
            let told = |finding: &Finding| {
                let subject = finding.subject.as_ref().map(|s| format!("{} {}", s.kind, show::key(&s.key)));
                format!("{} {} {}", finding.severity.name(), finding.code, subject.unwrap_or_default())
            };
            let actual: Vec<_> = analysis.findings.iter().map(told).collect();
            if expected.is_empty() {
                return same("finding", expected, &actual.join("\n    "));
            }
            among("finding", expected, &actual)
        }
    }
}

fn among(what: &str, expected: &str, actual: &[String]) -> Result<(), String> {
    let found = actual.iter().any(|one| one == expected);
    if found { Ok(()) } else { same(what, expected, &actual.join("\n    ")) }
}

fn check_where(analysis: &Analysis, text: &str, expected: &str) -> Result<(), String> {
    let request = parse_request(text).map_err(|error| format!("  where {text}: {error}"))?;
    let decisions = analysis.decide(&request, None);
    let actual: Vec<_> = decisions.iter().map(|decision| show::decision(analysis, decision)).collect();
    let actual = if actual.is_empty() { "none".to_owned() } else { actual.join(" | ") };
    let fits = actual.split(" | ").count() == expected.split(" | ").count()
        && expected.split(" | ").zip(actual.split(" | ")).all(|(expected, actual)| agrees(expected, actual));
    if fits { Ok(()) } else { same(&format!("where {text}"), expected, &actual) }
}

/// `[METHOD] URL [name: value]…`
fn parse_request(text: &str) -> Result<Request, String> {
    let (text, headers) = text.split_once(" [").map_or((text, ""), |(text, headers)| (text, headers));
    let (method, url) = text.split_once(' ').unwrap_or(("GET", text));
    let mut request = Request::parse(url).and_then(|request| request.with_method(method)).map_err(|e| e.message)?;
    for header in headers.trim_end_matches(']').split("] [").filter(|header| !header.is_empty()) {
        request = request.with_header(header).map_err(|e| e.message)?;
    }
    Ok(request)
}

/// The table behind the first ref of a rule, where every level has one.
fn group_rows(analysis: &Analysis, rule: &str) -> Vec<String> {
    let hop = (0..).map(RuleNodeId).zip(&analysis.tree.hops).find(|(id, _)| show::rule(analysis, *id) == rule);
    let link = LinkId(hop.expect("a hop of the rule").1.links.start);
    let group = analysis.table.groups.get(&analysis.snapshot, &analysis.tree, link).expect("a table of its own");
    let tiers = group.tiers.iter().flat_map(|tier| tier.rows.iter().map(move |row| (&tier.hostname, row)));
    tiers
        .map(|(host, row)| {
            let row = show::row(analysis, *row);
            if host == "*" { row } else { format!("{host} {row}") }
        })
        .collect()
}

fn check_rows(analysis: &Analysis, host: &str, expected: &[&str]) -> Result<(), String> {
    if host.contains('#') {
        let actual = group_rows(analysis, host);
        let fits = actual.len() == expected.len() && expected.iter().zip(&actual).all(|(e, a)| agrees(e, a));
        return if fits {
            Ok(())
        } else {
            same(&format!("rows {host}"), &expected.join("\n    "), &actual.join("\n    "))
        };
    }
    let hosts = analysis.table.gateways.iter().flat_map(|gateway| &gateway.virtual_hosts);
    let found: Vec<_> = hosts.filter(|candidate| candidate.hostname == host).collect();
    let [found] = found[..] else {
        return Err(format!("  {} virtual hosts {host}, not one", found.len()));
    };
    let actual: Vec<_> = found.rows.iter().map(|hop| show::row(analysis, *hop)).collect();
    let fits = actual.len() == expected.len()
        && expected.iter().zip(&actual).all(|(expected, actual)| agrees(expected, actual));
    if fits { Ok(()) } else { same(&format!("rows {host}"), &expected.join("\n    "), &actual.join("\n    ")) }
}

/// Whether what is expected is what is there, as far as it is said.
fn agrees(expected: &str, actual: &str) -> bool {
    let (expected, actual) = (clauses(expected), clauses(actual));
    let (answer, stated) = expected.split_first().expect("an answer");
    let said = actual[0].1 == answer.1 || actual[0].1.starts_with(&format!("{} ", answer.1));
    said && stated.iter().all(|clause| actual.contains(clause))
}

/// `ANSWER by … via … as … certain` in its parts.
fn clauses(text: &str) -> Vec<(&str, String)> {
    let mut clauses = vec![("answer", String::new())];
    for word in text.split(' ') {
        match word {
            "by" | "via" | "below" | "as" | "copied" | "ready" | "refused" | "certain" | "unverified" => {
                clauses.push((word, String::new()));
            }
            _ => {
                let (_, part) = clauses.last_mut().expect("at least the answer");
                *part += if part.is_empty() { "" } else { " " };
                *part += word;
            }
        }
    }
    clauses
}

fn same(what: &str, expected: &str, actual: &str) -> Result<(), String> {
    if expected == actual {
        return Ok(());
    }
    Err(format!("  {what}\n  expected\n    {expected}\n  got\n    {actual}"))
}
