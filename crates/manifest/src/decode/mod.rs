//! From a document to objects: lenient, with the CRD's own defaults applied.
//!
//! The API server applies a CRD's defaults and refuses what its schema forbids before any engine sees an object.
//! Manifests on disk have not met it: the defaults are applied here, what it would refuse is a finding, and the rest of
//! the object still loads. Sources: Gateway API 1.6 `apis/v1/*_types.go`, kgateway `api/v1alpha1/kgateway`.

mod backend;
mod field;
mod filter;
mod gateway;
mod grpc;
mod meta;
mod placeholder;
mod policy;
mod route;
mod stream;
mod unsupported;
mod world;

use std::collections::BTreeMap;
use std::sync::Arc;

use self::field::{Context, Field};
use crate::admission::{self, Admission};
use crate::channel::ChosenChannel;
use routescope_core::finding::{Advice, Code, Finding, Location, Severity, Subject, closest};
use routescope_core::model::kinds::{EXPERIMENTAL_GROUP, KINDS, Kind, WATCHED};
use routescope_core::model::value::{Data, Entry, Value};
use routescope_core::model::{
    GATEWAY_GROUP, KGATEWAY_GROUP, Meta, Name, Object, ObjectKey, Origin, Source, SourceKind,
};

pub use placeholder::Placeholders;
pub use unsupported::Unsupported;
pub use world::{GROUP as OWN_GROUP, Seen, Unread};

/// What became of some documents.
#[derive(Debug, Default)]
pub struct Decoded {
    /// The objects, in order.
    pub objects: Vec<Object>,
    /// What is wrong with them.
    pub findings: Vec<Finding>,
    /// Kinds that routing does not need (`Deployment.apps`), and how many of each were passed over.
    pub ignored: BTreeMap<String, usize>,
    /// What saved worlds say of themselves.
    pub worlds: Vec<Seen>,
    /// Documents and items of lists as they are written, with their `apiVersion` and `kind`; `None` unless they are asked
    /// for.
    pub values: Option<Vec<Value>>,
    /// What is still to be filled in.
    pub placeholders: Placeholders,
    /// Routing of other kinds.
    pub unsupported: Unsupported,
    /// The channel of the CRDs that the objects are validated with.
    pub channel: ChosenChannel,
}

impl Decoded {
    /// For objects that are validated with the CRDs of a channel.
    pub fn new(channel: ChosenChannel) -> Self {
        Self { channel, ..Self::default() }
    }

    /// Whether nothing was found at all.
    pub fn is_empty(&self) -> bool {
        let Self { objects, findings, ignored, worlds, values: _, placeholders: _, unsupported: _, channel: _ } = self;
        objects.is_empty() && findings.is_empty() && ignored.is_empty() && worlds.is_empty()
    }

    /// Whether there are only objects, and nothing is to be said of them.
    pub(crate) fn is_plain(&self) -> bool {
        let Self { objects: _, findings, ignored: _, worlds, values, placeholders, unsupported, channel: _ } = self;
        findings.is_empty()
            && worlds.is_empty()
            && values.is_none()
            && placeholders.is_empty()
            && unsupported.is_empty()
    }

    /// Takes over what became of later documents.
    pub fn append(&mut self, mut later: Self) {
        self.placeholders.append(later.placeholders);
        self.unsupported.append(later.unsupported);
        self.objects.append(&mut later.objects);
        self.findings.append(&mut later.findings);
        self.worlds.append(&mut later.worlds);
        for (kind, count) in later.ignored {
            *self.ignored.entry(kind).or_default() += count;
        }
    }
}

/// How an object of a kind is decoded, whatever its version.
type Decode = fn(&Field<'_>, Meta) -> Object;

/// The decoder of a kind of [`KINDS`].
fn decoder(kind: &Kind) -> Decode {
    match kind.shown {
        "HTTPRoute" => route::http_route,
        "GRPCRoute" => grpc::grpc_route,
        "TCPRoute" => stream::tcp_route,
        "TLSRoute" => stream::tls_route,
        "Gateway" => gateway::gateway,
        "GatewayClass" => gateway::gateway_class,
        "ListenerSet" => gateway::listener_set,
        "ReferenceGrant" => backend::reference_grant,
        "Service" => backend::service,
        "Namespace" => backend::namespace,
        "EndpointSlice" => backend::endpoint_slice,
        "Backend" => backend::backend,
        "DirectResponse" => backend::direct_response,
        "TrafficPolicy" => policy::traffic_policy,
        "GatewayExtension" => policy::gateway_extension,
        // A test decodes one object of each kind.
        _ => policy::config_map,
    }
}

/// Takes the documents of one text, one after the other. The items of a list come before the list itself, so that a
/// list of any length is decoded item by item.
pub struct Documents<'a> {
    source: &'a Arc<Source>,
    into: &'a mut Decoded,
    /// What the items of the document at hand became; it counts when the document turns out to be a list.
    items: Decoded,
    /// Items that have no `kind` of their own, and whose list has not told it yet.
    waiting: Vec<(Value, u32)>,
    any: bool,
    /// What was read, and its last line.
    #[cfg(test)]
    pub seen: Vec<(Value, u32)>,
}

impl<'a> Documents<'a> {
    /// For the documents of `source`.
    pub fn new(source: &'a Arc<Source>, into: &'a mut Decoded) -> Self {
        Self {
            source,
            items: Decoded::new(into.channel),
            into,
            waiting: Vec::new(),
            any: false,
            #[cfg(test)]
            seen: Vec::new(),
        }
    }

    /// Whether there was any document (or item of one).
    pub fn any(&self) -> bool {
        self.any
    }

    /// Whether an object that begins with `entries` is of no use, so that the rest of it need not be kept. It is still
    /// to be handed over, to be counted.
    pub fn passes_over(&self, entries: &[Entry]) -> bool {
        if self.into.values.is_some() {
            // Someone wants to see it as it is written.
            return false;
        }
        let (Some(kind), Some(api_version)) = (text_of(entries, "kind"), text_of(entries, "apiVersion")) else {
            return false;
        };
        let group = group_of(api_version);
        let known = Kind::find(group, kind).is_some() || admission::known(group, kind).is_some();
        !kind.ends_with("List") && group != OWN_GROUP && !known
    }

    /// Takes one of the `items` of the document at hand; `list` is what was read of the document so far.
    pub fn item(&mut self, list: &[Entry], item: Value, end_line: u32) {
        let own = match &item.data {
            Data::Map(entries) => text_of(entries, "kind").is_some(),
            _ => true,
        };
        let inherited = inherited(list);
        if own || inherited.is_some() {
            keep(&item, inherited, self.into);
            resource(&item, self.source, end_line, inherited, &mut self.items);
        } else {
            self.waiting.push((item, end_line));
        }
    }

    /// Takes a document; its `items` are empty when they were handed over before. `end_line` is its last line.
    pub fn document(&mut self, value: &Value, end_line: u32) {
        self.any = true;
        #[cfg(test)]
        self.seen.push((value.clone(), end_line));
        let entries = match &value.data {
            Data::Map(entries) => entries.as_slice(),
            _ => &[],
        };
        let items = self.take_items();
        let waiting = std::mem::take(&mut self.waiting);
        if text_of(entries, "kind").is_some_and(|kind| kind.ends_with("List")) {
            self.into.append(items);
            for (item, end_line) in waiting {
                keep(&item, inherited(entries), self.into);
                resource(&item, self.source, end_line, inherited(entries), self.into);
            }
        }
        keep(value, None, self.into);
        resource(value, self.source, end_line, None, self.into);
    }

    /// The document at hand is about to be read again.
    pub fn forget(&mut self) {
        self.waiting.clear();
        self.take_items();
    }

    fn take_items(&mut self) -> Decoded {
        std::mem::replace(&mut self.items, Decoded::new(self.into.channel))
    }

    /// The document at hand is broken: the items before the break still count.
    pub fn broken(&mut self) {
        self.waiting.clear();
        let items = self.take_items();
        self.into.append(items);
    }
}

/// Keeps a document as it is written, where that is asked for.
fn keep(value: &Value, inherited: Option<(&Name, &str)>, into: &mut Decoded) {
    let Some(values) = &mut into.values else { return };
    let mut value = value.clone();
    if let (Data::Map(entries), Some((api_version, kind))) = (&mut value.data, inherited) {
        for (key, text) in [("kind", kind), ("apiVersion", api_version)] {
            if text_of(entries, key).is_none() {
                let text = Value { at: value.at, data: Data::String(Name::from(text)) };
                entries.insert(0, Entry { at: value.at, key: Name::new_static(key), value: text });
            }
        }
    }
    values.push(value.clone());
    // A list inside a list, or one whose items were not handed over one by one.
    if let (Data::Map(entries), Some(Value { data: Data::List(items), .. })) = (&value.data, value.get("items")) {
        for item in items {
            keep(item, self::inherited(entries), into);
        }
    }
}

/// What a list says of its items: their `apiVersion` and kind, when it is a list of one kind.
fn inherited(list: &[Entry]) -> Option<(&Name, &str)> {
    let kind = text_of(list, "kind")?.strip_suffix("List")?;
    Some((text_of(list, "apiVersion")?, kind)).filter(|_| !kind.is_empty())
}

fn text_of<'a>(entries: &'a [Entry], key: &str) -> Option<&'a Name> {
    match &entries.iter().find(|entry| entry.key == key)?.value.data {
        Data::String(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// Whether a kind of any group goes by a name that routing reads. (Config maps are everywhere, and mostly of no use to it.)
pub fn is_routing_kind(kind: &str) -> bool {
    WATCHED.iter().any(|known| known.kind == kind)
}

/// The group of an `apiVersion`: what stands before the slash, nothing for the core group.
fn group_of(api_version: &str) -> &str {
    api_version.rsplit_once('/').map_or("", |(group, _)| group)
}

/// Decodes one resource. `inherited` is what the list it stands in says of its items' `apiVersion` and kind.
fn resource(value: &Value, source: &Arc<Source>, end_line: u32, inherited: Option<(&Name, &str)>, into: &mut Decoded) {
    let origin = Origin { source: Arc::clone(source), at: value.at, end_line };
    let report = |into: &mut Decoded, severity, code, message: String, help: Option<&str>| {
        let place = Some(Location { source: Arc::clone(source), at: value.at });
        into.findings.push(Finding {
            code,
            severity,
            place,
            subject: None,
            problem: message.into(),
            advice: help.map(str::to_owned).map(Advice::Text),
            fix: Vec::new(),
        });
    };
    let Data::Map(entries) = &value.data else {
        if value.data != Data::Null {
            let help = Some("a manifest begins with apiVersion and kind");
            report(into, Severity::Error, Code::NotAResource, "expected a Kubernetes object".to_owned(), help);
        }
        return;
    };
    let kind = text_of(entries, "kind").map(Name::as_str).or(inherited.map(|(_, kind)| kind));
    let api_version = text_of(entries, "apiVersion").or(inherited.map(|(version, _)| version));
    let (Some(kind), Some(api_version)) = (kind, api_version) else {
        let missing = match (kind, api_version) {
            (None, None) => "apiVersion and kind are",
            (None, _) => "kind is",
            _ => "apiVersion is",
        };
        // Without both it is most likely no manifest at all (Helm values, a CI file), and kubectl stops there too.
        let severity =
            if kind.or(api_version.map(Name::as_str)).is_none() { Severity::Warning } else { Severity::Error };
        report(into, severity, Code::NotAResource, format!("not a Kubernetes object: {missing} missing"), None);
        return;
    };

    if kind.ends_with("List")
        && let Some(Value { data: Data::List(items), .. }) = value.get("items")
    {
        // A list inside a list, or one from a source that does not hand the items over one by one.
        for (index, item) in items.iter().enumerate() {
            let next = items.get(index + 1).filter(|_| item.at.is_known());
            let end = next.map_or(end_line, |next| next.at.line.saturating_sub(1).max(item.at.line));
            resource(item, source, end, self::inherited(entries), into);
        }
        return;
    }

    let group = group_of(api_version);
    if group == OWN_GROUP {
        return world::read(kind, api_version, value, &origin, into);
    }
    // What a cluster holds has been admitted already, perhaps by an older CRD.
    let channel = into.channel;
    let admit = |namespaced| match source.kind {
        SourceKind::File | SourceKind::Text => admission::admit(channel.channel, api_version, kind, namespaced, value),
        SourceKind::Cluster => Admission::default(),
    };
    let Some(known) = Kind::find(group, kind) else {
        if let Some(kind) = admission::known(group, kind) {
            let cx = Context::new(&origin, Subject { kind, key: ObjectKey::default() }, admit(true));
            meta::meta(&Field::root(&cx, value), true);
            into.findings.extend(cx.into_findings());
        }
        into.unsupported.add(group, kind, api_version, Location { source: Arc::clone(source), at: value.at });
        if let Some(meant) = misspelt(group, kind) {
            let message = format!("{api_version} has no kind {kind}");
            report(into, Severity::Error, Code::UnknownKind, message, Some(&format!("did you mean {meant}?")));
        }
        *into.ignored.entry(if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") }).or_default() +=
            1;
        return;
    };

    let key = ObjectKey::default();
    if let (Some(served), SourceKind::File | SourceKind::Text) =
        (unsupported::not_served(group, kind, api_version), source.kind)
    {
        let message = format!("{kind} has no version {api_version} that a current server serves");
        report(into, Severity::Warning, Code::UnservedVersion, message, Some(&format!("write apiVersion: {served}")));
    }
    // What is still to be filled in may be anything: it is not refused.
    let open = into.placeholders.find(value, source, group != KGATEWAY_GROUP);
    let mut admission = admit(known.namespaced);
    admission.refusals.retain(|refusal| !open.places.contains(&refusal.at));
    let cx = Context::new(&origin, Subject { kind: known.shown, key }, admission);
    cx.forgive(open.places);
    let root = Field::root(&cx, value);
    let object = meta::meta(&root, known.namespaced).map(|meta| {
        let mut object = decoder(known)(&root, meta);
        object.meta_mut().defective = cx.is_defective();
        object.meta_mut().open = (!open.rules.is_empty()).then(|| open.rules.into());
        object.meta_mut().dropped = if channel.is_assumed { cx.dropped() } else { None };
        object
    });
    into.findings.extend(cx.into_findings());
    into.objects.extend(object);
}

/// The kind that is meant by an unknown one in a group we know, or by a known one in the core group.
fn misspelt(group: &str, kind: &str) -> Option<String> {
    if group.is_empty() {
        let known = KINDS.iter().find(|known| known.group == GATEWAY_GROUP && known.kind == kind)?;
        return Some(format!("apiVersion: {}/v1", known.group));
    }
    let ours = [GATEWAY_GROUP, EXPERIMENTAL_GROUP, KGATEWAY_GROUP];
    if !ours.contains(&group) || kind == "BackendTLSPolicy" || admission::known(group, kind).is_some() {
        return None;
    }
    closest(kind, KINDS.iter().filter(|known| known.group == group).map(|known| known.kind)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_decoder_and_can_be_read_in_each_version_that_is_served() {
        for kind in KINDS {
            let (group, dot) = if kind.group.is_empty() { ("", "") } else { (kind.group, "/") };
            let version = kind.versions[0];
            let text = format!("apiVersion: {group}{dot}{version}\nkind: {}\nmetadata: {{ name: it }}\n", kind.kind);
            let objects = crate::files::load_text("test.yaml", &text).objects;
            let kinds: Vec<_> = objects.iter().map(Object::kind).collect();
            assert_eq!(kinds, [kind.shown], "{text}");
            let unread: Vec<_> =
                admission::served(kind.group, kind.kind).into_iter().filter(|v| !kind.versions.contains(v)).collect();
            assert_eq!(unread, [""; 0], "versions of {} that a cluster is not asked for", kind.kind);
        }
    }
}
