//! `routescope reach`: by which hosts, paths and conditions requests reach something.
#![allow(clippy::doc_markdown)] // the comments on options are their help texts

use clap::Args;

use routescope_core::analysis::Analysis;
use routescope_core::finding::closest;
use routescope_core::model::ObjectKey;
use routescope_core::reachability::{
    Connection, Entry, Obstacle, Reach, Reachability, Target, connections, entries, obstacles,
};
use routescope_core::resolve::RuleNodeId;
use routescope_render::reach as render;

use super::answer::{self, Answer, OutputForm, Question, Take, Unwritten};
use super::failure::Failure;
use super::load::LoadedSource;
use super::options::TableFormat;
use super::{Context, Verdict, terminal};

/// List every host, path and condition by which requests reach a Service, Backend or route
#[derive(Debug, Clone, Args)]
#[command(after_help = "Exit codes: 0 some request reaches it; 1 none does; 2 error")]
pub struct ReachOptions {
    /// What is to be reached: Service/payments/charge, HTTPRoute/payments/routes
    #[arg(value_name = "KIND/NAMESPACE/NAME")]
    pub target: String,

    /// From here alone: a namespace, a host, or a Gateway (NAMESPACE/NAME)
    #[arg(long, value_name = "NAME")]
    pub from: Option<String>,

    /// The format
    #[arg(short, long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub output: TableFormat,

    /// Answer again whenever the answer changes
    #[arg(short, long, help_heading = "Output")]
    pub watch: bool,
}

/// Prints the entries.
pub fn run(options: &ReachOptions, context: &Context) -> Result<Verdict, Failure> {
    target(&options.target)?;
    answer::run(options, context, options.watch)
}

const KINDS: &[(&str, &[&str])] = &[
    ("Service", &["service", "services", "svc"]),
    ("Backend", &["backend", "backends"]),
    ("HTTPRoute", &["httproute", "httproutes"]),
    ("GRPCRoute", &["grpcroute", "grpcroutes"]),
    ("TLSRoute", &["tlsroute", "tlsroutes"]),
    ("TCPRoute", &["tcproute", "tcproutes"]),
];

fn target(text: &str) -> Result<Target, Failure> {
    let hint = "write KIND/NAMESPACE/NAME, such as Service/payments/charge";
    let parts: Vec<&str> = text.split('/').collect();
    let [kind, namespace, name] = parts[..] else {
        return Err(Failure::new(format!("{text} is not KIND/NAMESPACE/NAME"), hint));
    };
    if [kind, namespace, name].contains(&"") {
        return Err(Failure::new(format!("{text} is not KIND/NAMESPACE/NAME"), hint));
    }
    let lower = kind.to_lowercase();
    let known = KINDS.iter().find(|(_, names)| names.contains(&lower.as_str()));
    // Any other kind that a ref may name is taken as it is written.
    let kind = known.map_or(kind, |(kind, _)| kind);
    Ok(Target { kind: kind.into(), namespace: namespace.into(), name: name.into() })
}

/// Refuses what does not exist, as far as that is known, and suggests what does.
fn exists(analysis: &Analysis, target: &Target) -> Result<(), Failure> {
    let snapshot = &analysis.snapshot;
    let key = ObjectKey::new(target.namespace.clone(), target.name.clone());
    if (target.kind == "Service" && snapshot.services.contains_key(&key))
        || (target.kind == "Backend" && snapshot.backends.contains_key(&key))
    {
        return Ok(());
    }
    let names: Vec<String> = match target.kind.as_str() {
        "Service" => snapshot.services.keys().map(ToString::to_string).collect(),
        "Backend" => snapshot.backends.keys().map(ToString::to_string).collect(),
        "HTTPRoute" | "GRPCRoute" => {
            let of_kind = snapshot.routes.iter().filter(|route| route.kind.name() == target.kind);
            of_kind.map(|route| route.meta.key().to_string()).collect()
        }
        "TLSRoute" | "TCPRoute" => {
            let of_kind = snapshot.stream_routes.values().filter(|route| route.kind.name() == target.kind);
            of_kind.map(|route| route.meta.key().to_string()).collect()
        }
        _ => return Ok(()),
    };
    let wanted = format!("{}/{}", target.namespace, target.name);
    let is_route = target.kind.ends_with("Route");
    if names.contains(&wanted) || (!is_route && !snapshot.coverage.sees(&target.kind, &target.namespace)) {
        return Ok(());
    }
    let hint = match closest(&wanted, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {}/{near}?", target.kind),
        None => format!("{} of that kind are in view", names.len()),
    };
    Err(Failure::new(format!("no {} {wanted}", target.kind), hint))
}

/// Whether a row is reached from where `--from` says.
fn is_from(analysis: &Analysis, from: &str, gateway: u32, host: u32, row: RuleNodeId) -> bool {
    let table = &analysis.table.gateways[gateway as usize];
    if table.gateway.to_string() == from || table.gateway.namespace == from {
        return true;
    }
    let hostname = &table.virtual_hosts[host as usize].hostname;
    let covers = hostname == "*" || hostname.strip_prefix('*').is_some_and(|suffix| from.ends_with(suffix));
    if hostname == from || (from.contains('.') && covers) {
        return true;
    }
    let chain = analysis.tree.chain(row);
    chain.iter().any(|hop| analysis.snapshot.route(analysis.tree.hops[hop.0 as usize].route).meta.namespace == from)
}

/// Whether a connection is from where `--from` says.
fn comes_from(analysis: &Analysis, from: &str, one: &Connection) -> bool {
    let gateway = &analysis.table.gateways[one.gateway as usize].gateway;
    let covers = |name: &str| {
        name == from || (from.contains('.') && name.strip_prefix('*').is_some_and(|suffix| from.ends_with(suffix)))
    };
    gateway.to_string() == from
        || gateway.namespace == from
        || one.route.meta.namespace == from
        || one.server_name.as_deref().is_some_and(covers)
}

impl Question for ReachOptions {
    fn shape(&self) -> OutputForm {
        self.output.shape()
    }

    fn answer(&self, world: &LoadedSource, context: &Context, take: &mut Take<'_>) -> Result<Verdict, Unwritten> {
        let analysis = &world.analysis;
        let target = target(&self.target)?;
        exists(analysis, &target)?;
        let router = analysis.router();
        let reachability = Reachability::of(router);
        let wanted =
            |gateway, host, row| self.from.as_deref().is_none_or(|from| is_from(analysis, from, gateway, host, row));
        let found: Vec<Entry> = entries(&reachability, router, &target, &wanted);
        let mut streams = connections(router, &target);
        streams.retain(|one| self.from.as_deref().is_none_or(|from| comes_from(analysis, from, one)));
        let met = found.iter().any(|entry| matches!(entry.reach, Reach::Met(_)))
            || streams.iter().any(|one| one.witness.is_some());
        if self.shape() == OutputForm::Text {
            let none = found.is_empty() && streams.is_empty();
            let prevented: Vec<Obstacle> = if none { obstacles(router, &target) } else { Vec::new() };
            let paint = context.paint();
            let text = render::text(analysis, &target, (&found, &streams), &prevented, paint, terminal::width());
            take(Answer::Text(text))?;
        } else {
            take(Answer::document(render::data(analysis, &target, &found, &streams)))?;
        }
        Ok(Verdict::from_no(!met))
    }
}
