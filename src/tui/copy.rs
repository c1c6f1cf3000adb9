//! What can be copied: the answer in several forms, commands that ask again or try it, the selected node.

use super::context_pane::PaneContent;
use super::locate;
use super::state::State;
use super::words::{answer_text, quoted, url};
use crate::tui::window::answers;
use routescope_core::analysis::Analysis;
use routescope_core::finding::Finding;
use routescope_core::model::{GATEWAY_GROUP, Protocol};
use routescope_core::router::{Decision, Request, Scheme};
use routescope_render::answer::{Answers, text};
use routescope_render::findings;
use routescope_render::outline::{NodeRef, Outline};

/// How wide an explanation is that goes elsewhere.
const WIDTH: usize = 100;

/// What there is to copy something of.
struct Things<'s> {
    typed: Option<&'s str>,
    answer: Option<(&'s PaneContent, &'s Request, &'s Decision)>,
    finding: Option<&'s Finding>,
    node: Option<(&'s Outline, NodeRef)>,
}

impl<'s> Things<'s> {
    fn of(state: &'s State) -> Self {
        let side = state.side();
        let answered = side.answer.request().zip(side.answer.decision());
        Self {
            typed: Some(state.ask.input.value().trim()).filter(|typed| !typed.is_empty()),
            answer: side.world.as_ref().zip(answered).map(|(world, (request, decision))| (world, request, decision)),
            finding: side.selected_finding(),
            node: side.outline().map(AsRef::as_ref).zip(side.selected()),
        }
    }
}

/// Whether anything can be copied now.
pub fn is_any(state: &State) -> bool {
    let Things { typed, answer, finding, node } = Things::of(state);
    typed.is_some() || answer.is_some() || finding.is_some() || node.is_some()
}

/// What can be copied now: what it is, and the text.
pub fn texts(state: &State) -> Vec<(&'static str, String)> {
    let mut texts = Vec::new();
    let side = state.side();
    let things = Things::of(state);
    texts.extend(things.typed.map(|typed| ("URL", typed.to_owned())));
    if let Some((world, request, decision)) = things.answer {
        texts.push(("answer", answer_text(world, request, decision)));
        if state.is_several() {
            texts.push(("answers", answers(state)));
        }
        texts.extend(markdown(state).map(|text| ("markdown", text)));
        texts.push(("explain", explanation(&world.analysis, request)));
        texts.push(("curl", curl(&world.analysis, request, decision)));
        texts.push(("where", where_command(state, request)));
    }
    if let Some(finding) = things.finding {
        let about = finding.subject.as_ref().map(|subject| format!("{subject}: ")).unwrap_or_default();
        let place = finding.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
        texts.push(("finding", format!("{about}{}{place}", findings::message(finding))));
    }
    if let Some((outline, node)) = things.node {
        let label = outline.label(node).line().plain();
        texts.push(("row", label.trim().to_owned()));
        if let Some((kind, key)) = locate::object(outline, node) {
            texts.push(("name", key.to_string()));
            // Other APIs have Gateways, too: the group tells kubectl which one is meant.
            let kind = format!("{}.{GATEWAY_GROUP}", kind.to_lowercase());
            let context = side.live.as_ref().map(|live| format!(" --context {}", live.title())).unwrap_or_default();
            texts.push(("kubectl", format!("kubectl get {kind} -n {} {} -o yaml{context}", key.namespace, key.name)));
        }
        if let Some(place) = outline.place(node) {
            texts.push(("place", format!("{}:{}", place.source.name, place.at.line)));
        }
        if let Some(yaml) = side.excerpt.text() {
            texts.push(("YAML", yaml));
        }
    }
    texts
}

/// The explanation of the answer as Markdown; `None` while there is no answer.
pub fn markdown(state: &State) -> Option<String> {
    let side = state.side();
    let (world, request) = (side.world.as_ref()?, side.answer.request()?);
    side.answer.decision()?;
    let explanation = explanation(&world.analysis, request);
    Some(format!("`{} {}`\n\n```text\n{explanation}```\n", request.method, url(request)))
}

/// All that `routescope where` prints.
fn explanation(analysis: &Analysis, request: &Request) -> String {
    let answers = Answers::of(analysis, request.clone(), None, false);
    let lines = text(analysis, &answers, WIDTH, true, false);
    let lines = lines.iter().map(|line| line.plain().trim_end().to_owned() + "\n");
    lines.collect()
}

/// The same question on the command line.
fn where_command(state: &State, request: &Request) -> String {
    let mut command = format!("routescope where {}{}", quoted(&url(request)), method_and_headers(request));
    let context = state.side().live.as_ref().map(|live| format!(" --context {}", quoted(&live.title())));
    command.push_str(&context.unwrap_or_default());
    let part = state.side().part.and_then(|part| state.parts.get(part));
    let source = part.map_or(&state.source_arguments, |part| &part.arguments);
    if !source.is_empty() && !state.side().bare {
        command = format!("{command} {source}");
    }
    command
}

fn method_and_headers(request: &Request) -> String {
    let method = if request.method == "GET" { String::new() } else { format!(" -X {}", request.method) };
    let headers = request.headers.iter().map(|(name, value)| format!(" -H {}", quoted(&format!("{name}: {value}"))));
    method + &headers.collect::<String>()
}

/// A curl command that reaches the listener which answered: its scheme, its port, and the Gateway's address where one is
/// known.
fn curl(analysis: &Analysis, request: &Request, decision: &Decision) -> String {
    let table = &analysis.table.gateways[decision.gateway as usize];
    let host = decision.virtual_host.and_then(|at| table.virtual_hosts.get(at as usize));
    let secure = host.is_some_and(|host| matches!(host.protocol, Protocol::Https | Protocol::Tls));
    let port = decision.port.unwrap_or(if secure { 443 } else { 80 });
    let scheme = if secure { Scheme::Https } else { Scheme::Http };
    let asked = request
        .host
        .clone()
        .or_else(|| host.map(|host| host.hostname.to_string()).filter(|name| !name.starts_with('*')));
    let gateway = &analysis.tree.gateways[table.node as usize].gateway;
    let address = gateway.addresses.first();
    let name = asked.or_else(|| address.map(ToString::to_string)).unwrap_or_else(|| "localhost".to_owned());
    let at = if port == scheme.default_port() { String::new() } else { format!(":{port}") };
    let url = format!("{}://{name}{at}{}", if secure { "https" } else { "http" }, request.target());
    let resolve = match address {
        Some(address) if is_ip(address) && *address != name => {
            format!(" --resolve {}", quoted(&format!("{name}:{port}:{address}")))
        }
        Some(address) if *address != name => {
            format!(" --connect-to {}", quoted(&format!("{name}:{port}:{address}:{port}")))
        }
        _ => String::new(),
    };
    format!("curl -i{}{resolve} {}", method_and_headers(request), quoted(&url))
}

/// Whether an address is one of IPv4 or IPv6, not a name.
fn is_ip(address: &str) -> bool {
    let letters = |letter: char| letter.is_ascii_hexdigit() || matches!(letter, '.' | ':');
    address.chars().all(letters) && (address.contains(':') || address.ends_with(|last: char| last.is_ascii_digit()))
}
