//! What [`crate::reachability`] needs to know of a table beside an answer: which lists of rows a request is held against,
//! and which rows of a list a path meets.

use std::borrow::Cow;
use std::sync::Arc;

use super::decide::{NormalizedRequest, Router};
use super::lookup::Frontend;
use super::matcher::{Kept, Patterns, path_matches};
use super::received;
use super::request::Request;
use super::{GatewayTable, Index, VirtualHost};
use crate::model::{Name, PathMatch, Protocol, RouteMatch};
use crate::resolve::{AttachedStream, Cut, LinkId, ProxySemantics, RuleNodeId, Tree, Uncertainty};

/// What a table lacks, so that something that is not in it may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// Some of the virtual hosts.
    Table,
    /// Rules that are not evaluated.
    Unevaluated,
    /// What a delegating ref leads to.
    Delegation(Cut),
}

impl From<Gap> for Uncertainty {
    fn from(gap: Gap) -> Self {
        match gap {
            Gap::Table => Self::CutTable,
            Gap::Unevaluated => Self::Unevaluated,
            Gap::Delegation(cut) => Self::Cut(cut),
        }
    }
}

/// Rows in evaluation order, and what finds them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowList<'a> {
    /// The virtual host they belong to; `None` below a rule that hands on.
    pub virtual_host: Option<u32>,
    /// The rows.
    pub rows: &'a Arc<[RuleNodeId]>,
    /// Their index.
    pub index: &'a Index,
}

/// Where a TCP or TLS route takes connections.
#[derive(Debug, Clone)]
pub(crate) struct StreamFrontend<'a> {
    pub port: u16,
    pub protocol: Protocol,
    /// `*` for any; `None` where none is looked at.
    pub server_name: Option<Name>,
    /// As in [`VirtualHost::listeners`].
    pub listener: Name,
    /// As [`Router::stream`] gives it.
    pub place: (usize, usize),
    pub attached: &'a AttachedStream,
}

impl<'a> RowList<'a> {
    pub(crate) fn of_host(place: u32, host: &'a VirtualHost) -> Self {
        Self { virtual_host: Some(place), rows: &host.rows, index: &host.index }
    }

    /// The places of the rows before `before` whose path test holds for `path`, ascending.
    pub(crate) fn on_path(&self, tree: &Tree, path: &str, before: usize) -> Vec<u32> {
        let mut found = self.index.on_path_before(tree, self.rows, path, before);
        found.sort_unstable();
        found
    }
}

impl RowList<'_> {
    /// The places of the rows that may take a path which `test` takes, too.
    pub(crate) fn overlapping(&self, tree: &Tree, test: &PathMatch) -> Vec<u32> {
        self.index.overlapping(tree, self.rows, test)
    }
}

impl<'a> Router<'a> {
    /// The lists that `request` is held against on the Gateway at `place`, in order: the first row of the first list that
    /// has one decides. `None` where the Gateway cannot see the request, or answers it before it looks at any row.
    pub(crate) fn lists(&self, place: u32, request: &Request) -> Option<Vec<RowList<'a>>> {
        let table: &'a GatewayTable = self.table.gateways.get(place as usize)?;
        let frontends = self.lookup.frontends(self.tree, self.table, place, request).ok()?;
        let semantics = self.semantics(table);
        let normalized = NormalizedRequest::of(request, semantics).ok()?;
        let mut lists = Vec::with_capacity(frontends.len());
        for frontend in &frontends {
            if let Some(host) = &normalized.host
                && semantics == ProxySemantics::Agentgateway
            {
                if self.misdirected(place, frontend, host).is_some() || !is_best(&frontends, frontend, host) {
                    continue;
                }
                lists.extend(frontend.hosts.covering_as_written(Cow::Borrowed(host)));
            } else if let Some(host) = &normalized.host {
                lists.extend(frontend.virtual_host(host));
            } else {
                lists.extend(frontend.virtual_hosts.iter().copied());
            }
        }
        let list = |at: u32| RowList::of_host(at, &table.virtual_hosts[at as usize]);
        Some(lists.into_iter().map(list).collect())
    }

    /// The TCP or TLS route that takes what no row takes of the requests that come where `request` does: the place of its
    /// listener, and its own there.
    pub(crate) fn stream(&self, place: u32, request: &Request) -> Option<(usize, usize)> {
        let frontends = self.lookup.frontends(self.tree, self.table, place, request).ok()?;
        frontends.iter().find_map(|frontend| frontend.stream)
    }

    /// What takes connections on the Gateway at `place` before any row is looked at.
    pub(crate) fn stream_frontends(&self, place: u32) -> Vec<StreamFrontend<'a>> {
        let node = self.table.gateways.get(place as usize).and_then(|table| {
            let node: &'a crate::resolve::GatewayNode = self.tree.gateways.get(table.node as usize)?;
            Some(node)
        });
        let one = |frontend: &Frontend| {
            let (listener, at) = frontend.stream?;
            let (name, _) = frontend.listeners.first()?;
            let attached = node?.listeners.get(listener)?.streams.all().get(at)?;
            let (port, protocol, server_name) = (frontend.port, frontend.protocol.clone(), frontend.sni.clone());
            Some(StreamFrontend {
                port,
                protocol,
                server_name,
                listener: name.clone(),
                place: (listener, at),
                attached,
            })
        };
        self.lookup.doors_of(place).iter().filter_map(one).collect()
    }

    /// Why rows may be missing from the table of the Gateway at `place`: what stands for each gap, where a rule does.
    pub(crate) fn gaps(&self, place: u32) -> Vec<(Option<RuleNodeId>, Gap)> {
        let Some(table) = self.table.gateways.get(place as usize) else { return Vec::new() };
        let mut gaps = Vec::new();
        if table.cut {
            gaps.push((None, Gap::Table));
        }
        if table.unevaluated {
            gaps.push((None, Gap::Unevaluated));
        }
        if table.virtual_hosts.iter().any(|host| host.cut.is_some()) {
            let links = self.tree.links.iter().filter_map(|link| Some((link.hop, link.cut?)));
            let mut of_links = links.filter(|(hop, _)| {
                let root = &self.tree.roots[self.tree.root_of(*hop).0 as usize];
                root.node.is_none_or(|node| node == table.node)
            });
            match of_links.next() {
                Some((hop, cut)) => gaps.push((Some(hop), Gap::Delegation(cut))),
                None => {
                    gaps.extend(table.virtual_hosts.iter().find_map(|host| Some((None, Gap::Delegation(host.cut?)))));
                }
            }
        }
        gaps
    }

    /// The row that decides a request on the Gateway at `place`, where rows alone decide (not hop by hop).
    pub(crate) fn deciding_row(&self, place: u32, request: &Request) -> Option<RuleNodeId> {
        let table: &'a GatewayTable = self.table.gateways.get(place as usize)?;
        let frontends = self.lookup.frontends(self.tree, self.table, place, request).ok()?;
        let normalized = NormalizedRequest::of(request, self.semantics(table)).ok()?;
        self.candidates(table, &frontends, &normalized).into_iter().find_map(|candidate| candidate.hop)
    }

    /// The lists of a group that a request for `host` is held against.
    pub(crate) fn group_lists(&self, link: LinkId, host: &str) -> Vec<RowList<'a>> {
        let Some(group) = self.table.groups.get(self.snapshot, self.tree, link) else { return Vec::new() };
        let tier = |at: u32| {
            let tier = &group.tiers[at as usize];
            RowList { virtual_host: None, rows: &tier.rows, index: &tier.index }
        };
        group.hosts.covering_as_written(Cow::Borrowed(host)).map(tier).collect()
    }

    /// All lists of a group.
    pub(crate) fn group_tiers(&self, link: LinkId) -> Vec<RowList<'a>> {
        let group = self.table.groups.get(self.snapshot, self.tree, link);
        let tiers = group.map(|group| group.tiers.as_slice()).unwrap_or_default().iter();
        tiers.map(|tier| RowList { virtual_host: None, rows: &tier.rows, index: &tier.index }).collect()
    }

    /// The hostnames of a group's lists.
    pub(crate) fn group_hosts(&self, link: LinkId) -> Vec<Name> {
        let group = self.table.groups.get(self.snapshot, self.tree, link);
        group.map(|group| group.tiers.iter().map(|tier| tier.hostname.clone()).collect()).unwrap_or_default()
    }

    /// The server name and the listeners' hostnames of what serves a virtual host.
    pub(crate) fn served_names(&self, place: u32, virtual_host: u32) -> Vec<Name> {
        let frontends = self.lookup.doors_of(place).iter();
        let of_host = frontends.filter(|frontend| frontend.virtual_hosts.contains(&virtual_host));
        let mut names: Vec<Name> = Vec::new();
        for frontend in of_host {
            names.extend(
                frontend.sni.iter().chain(frontend.listeners.iter().filter_map(|(_, name)| name.as_ref())).cloned(),
            );
        }
        names
    }

    /// Where clients can connect to on a Gateway: port, whether it speaks TLS, and the names by which its listeners and
    /// virtual hosts are chosen.
    pub(crate) fn endpoints_of(&self, place: u32) -> Vec<(u16, bool, Vec<Name>)> {
        let Some(table) = self.table.gateways.get(place as usize) else { return Vec::new() };
        let mut endpoints = Vec::new();
        for frontend in self.lookup.doors_of(place) {
            let mut names: Vec<Name> = frontend.sni.iter().cloned().collect();
            names.extend(frontend.listeners.iter().filter_map(|(_, name)| name.clone()));
            names.extend(frontend.virtual_hosts.iter().map(|at| table.virtual_hosts[*at as usize].hostname.clone()));
            // What passes every connection on takes those that speak TLS, and those that do not.
            if frontend.passes_all() || frontend.protocol == Protocol::Tcp {
                endpoints.push((frontend.port, frontend.sni.is_none(), Vec::new()));
            }
            endpoints.push((frontend.port, frontend.sni.is_some(), names));
        }
        endpoints
    }

    /// The names by which listeners and virtual hosts of a Gateway are chosen.
    pub(crate) fn names_of(&self, place: u32) -> impl Iterator<Item = Name> + use<'a> {
        self.endpoints_of(place).into_iter().flat_map(|(_, _, names)| names)
    }

    /// Whether route weights come before anything else.
    pub(crate) fn weighs_routes(&self) -> bool {
        self.settings.weighted_route_precedence
    }

    /// The tree that the rows stand in.
    pub(crate) fn tree(&self) -> &'a Tree {
        self.tree
    }

    /// The table that the rows stand in.
    pub(crate) fn table(&self) -> &'a super::RouteTable {
        self.table
    }

    /// What was read.
    pub(crate) fn snapshot(&self) -> &'a crate::store::Snapshot {
        self.snapshot
    }

    /// How the proxy of the Gateway at `place` reads requests.
    pub(crate) fn semantics_at(&self, place: u32) -> ProxySemantics {
        self.table.gateways.get(place as usize).map_or(ProxySemantics::Envoy, |table| self.semantics(table))
    }
}

/// Of the plain listeners of a port, the one that names the host best.
fn is_best(frontends: &[&Frontend], frontend: &Frontend, host: &str) -> bool {
    let Some(own) = frontend.rank(host) else { return frontend.sni.is_some() };
    let rivals =
        frontends.iter().filter(|other| other.port == frontend.port && other.sni.is_none() && frontend.sni.is_none());
    rivals.filter_map(|other| other.rank(host)).all(|other| other <= own)
}

/// Whether a path passes the path test of a row.
pub(crate) fn path_holds(test: &PathMatch, path: &str, patterns: &PathPatterns) -> bool {
    path_matches(test, path, &patterns.0)
}

/// Regular expressions that are compiled as they are asked for, in one manner.
#[derive(Debug)]
pub(crate) struct PathPatterns(Patterns);

impl PathPatterns {
    pub(crate) fn of<'m>(semantics: ProxySemantics, rows: impl IntoIterator<Item = &'m RouteMatch>) -> Self {
        let mut patterns = Patterns::read(semantics, Kept::default());
        rows.into_iter().for_each(|row| patterns.note(row));
        Self(patterns)
    }
}

/// What values a header can have by the time Envoy looks for a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeaderDomain {
    /// What the client sends, or none.
    Sent,
    /// It is never there.
    Never,
    /// One of these, always.
    Fixed(&'static [&'static str]),
    /// One of these, or none.
    OneOf(&'static [&'static str]),
    /// What the client sends, if Envoy takes it.
    Checked,
    /// What the client sends, and something behind it.
    Extended(&'static str),
}

/// What values `name` can have where an Envoy reads it.
pub(crate) fn header_domain(name: &str) -> HeaderDomain {
    received::domain(name)
}

/// The host of an authority.
pub(crate) fn host_of(authority: &str) -> &str {
    super::lookup::without_port(authority)
}
