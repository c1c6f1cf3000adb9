//! What the server holds, and what it answers when nothing is made to go wrong.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Rights;
use super::http::{Asked, Reply};

/// What one resource is.
struct Served {
    group: String,
    versions: Vec<String>,
    plural: String,
    kind: String,
    namespaced: bool,
}

/// Something that happened.
enum Happened {
    /// `ADDED`, `MODIFIED` or `DELETED`.
    Event(&'static str, Value),
    /// To those who watch at this moment only.
    Line(String),
    End,
}

/// What a watch is told.
#[derive(Debug, Clone)]
pub(super) enum Told {
    Line(String),
    End,
}

type Rule = Box<dyn FnMut(&Asked) -> Option<Reply> + Send>;

pub(super) struct State {
    served: Vec<Served>,
    /// By resource, namespace and name.
    objects: BTreeMap<(String, String, String), Value>,
    /// Everything that happened: the version after it, and to which resource.
    log: Vec<(u64, String, Happened)>,
    version: u64,
    /// Versions before this one are compacted.
    floor: u64,
    /// The rest of lists that are being paged through.
    pages: BTreeMap<String, (u64, Vec<Value>)>,
    pub rights: Rights,
    pub rules: Vec<(String, Rule)>,
    pub streaming_lists: bool,
    pub down: bool,
    pub ended: bool,
    pub requests: Vec<Asked>,
    /// How many watches are open, by resource.
    pub watching: BTreeMap<String, usize>,
}

const GATEWAY: &str = "gateway.networking.k8s.io";
const KGATEWAY: &str = "gateway.kgateway.dev";

impl State {
    pub fn new() -> Self {
        let mut state = Self {
            served: Vec::new(),
            objects: BTreeMap::new(),
            log: Vec::new(),
            version: 100,
            floor: 0,
            pages: BTreeMap::new(),
            rights: Rights::Everything,
            rules: Vec::new(),
            streaming_lists: true,
            down: false,
            ended: false,
            requests: Vec::new(),
            watching: BTreeMap::new(),
        };
        for (group, versions, plural, kind, namespaced) in [
            ("", &["v1"][..], "namespaces", "Namespace", false),
            ("", &["v1"], "services", "Service", true),
            ("", &["v1"], "secrets", "Secret", true),
            ("", &["v1"], "configmaps", "ConfigMap", true),
            ("apps", &["v1"], "deployments", "Deployment", true),
            ("discovery.k8s.io", &["v1"], "endpointslices", "EndpointSlice", true),
            (GATEWAY, &["v1", "v1beta1"], "httproutes", "HTTPRoute", true),
            (GATEWAY, &["v1", "v1beta1"], "gateways", "Gateway", true),
            (GATEWAY, &["v1", "v1beta1"], "gatewayclasses", "GatewayClass", false),
            (GATEWAY, &["v1"], "grpcroutes", "GRPCRoute", true),
            (GATEWAY, &["v1"], "tcproutes", "TCPRoute", true),
            (GATEWAY, &["v1"], "tlsroutes", "TLSRoute", true),
            (GATEWAY, &["v1"], "listenersets", "ListenerSet", true),
            (GATEWAY, &["v1", "v1beta1"], "referencegrants", "ReferenceGrant", true),
            ("gateway.networking.x-k8s.io", &["v1alpha1"], "xlistenersets", "XListenerSet", true),
            (KGATEWAY, &["v1alpha1"], "backends", "Backend", true),
            (KGATEWAY, &["v1alpha1"], "directresponses", "DirectResponse", true),
            (KGATEWAY, &["v1alpha1"], "trafficpolicies", "TrafficPolicy", true),
            (KGATEWAY, &["v1alpha1"], "gatewayextensions", "GatewayExtension", true),
        ] {
            for version in versions {
                state.serve(group, version, plural, kind, namespaced);
            }
        }
        state
    }

    pub fn serve(&mut self, group: &str, version: &str, plural: &str, kind: &str, namespaced: bool) {
        match self.served.iter_mut().find(|served| served.plural == plural) {
            Some(served) => served.versions.push(version.to_owned()),
            None => self.served.push(Served {
                group: group.to_owned(),
                versions: vec![version.to_owned()],
                plural: plural.to_owned(),
                kind: kind.to_owned(),
                namespaced,
            }),
        }
    }

    pub fn withdraw(&mut self, plural: &str, version: &str) {
        let Some(served) = self.served.iter_mut().find(|served| served.plural == plural) else { return };
        served.versions.retain(|known| known != version);
        if served.versions.is_empty() {
            self.served.retain(|served| served.plural != plural);
            let gone: Vec<_> = self.objects.keys().filter(|(known, ..)| known == plural).cloned().collect();
            for (plural, namespace, name) in gone {
                self.delete(&plural, &namespace, &name);
            }
        }
        self.end_watches(plural);
    }

    fn find(&self, group: &str, version: &str, plural: &str) -> Option<&Served> {
        self.served.iter().find(|served| {
            served.group == group && served.plural == plural && served.versions.iter().any(|known| known == version)
        })
    }

    #[track_caller]
    pub fn apply(&mut self, mut object: Value) {
        let kind = object["kind"].as_str().unwrap_or_default();
        let api_version = object["apiVersion"].as_str().unwrap_or_default();
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        let served = self.served.iter().find(|served| served.kind == kind && served.group == group);
        let served = served.unwrap_or_else(|| panic!("no kind {kind} in {api_version}"));
        let (plural, namespaced) = (served.plural.clone(), served.namespaced);
        let name = object["metadata"]["name"].as_str().unwrap().to_owned();
        let namespace = match object["metadata"]["namespace"].as_str() {
            _ if !namespaced => "",
            None => "default",
            Some(namespace) => namespace,
        };
        let key = (plural.clone(), namespace.to_owned(), name);
        if namespaced {
            object["metadata"]["namespace"] = key.1.clone().into();
        }
        self.version += 1;
        object["metadata"]["resourceVersion"] = self.version.to_string().into();
        object["metadata"]["uid"] = format!("uid-{}", self.version).into();
        object["metadata"]["managedFields"] = json!([{ "manager": "kubectl", "fieldsV1": { "f:spec": {} } }]);
        if object["metadata"].get("creationTimestamp").is_none() {
            object["metadata"]["creationTimestamp"] = "2026-01-31T08:00:00Z".into();
        }
        let known = self.objects.insert(key, object.clone()).is_some();
        let event = if known { "MODIFIED" } else { "ADDED" };
        self.log.push((self.version, plural, Happened::Event(event, object)));
    }

    pub fn delete(&mut self, plural: &str, namespace: &str, name: &str) {
        let key = (plural.to_owned(), namespace.to_owned(), name.to_owned());
        let mut object = self.objects.remove(&key).unwrap_or_else(|| panic!("no {plural} {namespace}/{name}"));
        self.version += 1;
        object["metadata"]["resourceVersion"] = self.version.to_string().into();
        self.log.push((self.version, key.0, Happened::Event("DELETED", object)));
    }

    pub fn compact(&mut self) {
        self.version += 1;
        self.floor = self.version;
        self.pages.clear();
    }

    pub fn inject(&mut self, plural: &str, line: &str) {
        self.log.push((self.version, plural.to_owned(), Happened::Line(line.to_owned())));
    }

    pub fn bookmark(&mut self, plural: &str) {
        let bookmark = self.bookmark_line(plural, false);
        self.inject(plural, &bookmark);
    }

    pub fn end_watches(&mut self, plural: &str) {
        self.log.push((self.version, plural.to_owned(), Happened::End));
    }

    pub fn ruled(&mut self, asked: &Asked) -> Option<(String, Reply)> {
        self.rules.iter_mut().find_map(|(name, rule)| rule(asked).map(|reply| (name.clone(), reply)))
    }

    fn refused(&self, asked: &Asked) -> Option<Reply> {
        let (group, version, namespace, plural) = asked.resource()?;
        let allowed = match self.rights {
            Rights::Everything => true,
            Rights::Only(namespaces) => namespace.is_some_and(|namespace| namespaces.contains(&namespace)),
            Rights::AllBut(plurals) => !plurals.contains(&plural),
            Rights::Nothing => false,
        };
        if !allowed {
            let place = match namespace {
                Some(namespace) => format!("in the namespace \"{namespace}\""),
                None => "at the cluster scope".to_owned(),
            };
            let message = format!(
                "{plural}.{group} is forbidden: User \"u\" cannot list resource \"{plural}\" in API group \"{group}\" {place}"
            );
            return Some(Reply::Status(403, "Forbidden", message));
        }
        self.find(group, version, plural).is_none().then(|| Reply::Plain(404, "404 page not found\n".to_owned()))
    }

    /// The answer to anything that is not a watch.
    pub fn whole(&mut self, asked: &Asked) -> Reply {
        if let Some(discovered) = self.discover(&asked.path) {
            return discovered;
        }
        if let Some(refused) = self.refused(asked) {
            return refused;
        }
        let Some((group, version, namespace, plural)) = asked.resource() else {
            return Reply::Plain(404, "404 page not found\n".to_owned());
        };
        let (at, mut items) = match asked.param("continue") {
            "" => (self.version, self.current(asked)),
            token => {
                let Some(page) = self.pages.remove(token) else {
                    let message = "The provided continue parameter is too old to display a consistent list result.";
                    return Reply::Status(410, "Expired", message.to_owned());
                };
                page
            }
        };
        let limit: usize = asked.param("limit").parse().unwrap_or(usize::MAX);
        let mut metadata = json!({ "resourceVersion": at.to_string() });
        if items.len() > limit {
            let rest = items.split_off(limit);
            let token = format!("{plural}+{}/{at}-{}=", namespace.unwrap_or_default(), rest.len());
            metadata["continue"] = token.clone().into();
            metadata["remainingItemCount"] = rest.len().into();
            self.pages.insert(token, (at, rest));
        }
        let kind = self.find(group, version, plural).map_or(String::new(), |served| format!("{}List", served.kind));
        let api_version = api_version(group, version);
        let list = json!({ "apiVersion": api_version, "kind": kind, "metadata": metadata, "items": items });
        Reply::Body(list.to_string())
    }

    /// The objects that a request is for, in the version it is for.
    fn current(&self, asked: &Asked) -> Vec<Value> {
        let Some((group, version, namespace, plural)) = asked.resource() else { return Vec::new() };
        let there = self
            .objects
            .iter()
            .filter(|((known, place, _), _)| known == plural && namespace.is_none_or(|namespace| namespace == place));
        there.map(|(_, object)| converted(object, group, version)).collect()
    }

    fn discover(&self, path: &str) -> Option<Reply> {
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let body = match parts.as_slice() {
            ["version"] => json!({ "major": "1", "minor": "36", "gitVersion": "v1.36.0", "gitCommit": "",
                "gitTreeState": "", "buildDate": "", "goVersion": "", "compiler": "", "platform": "" }),
            ["api"] => json!({ "kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [] }),
            ["api", version] => return Some(self.resources("", version)),
            ["apis"] => {
                let mut groups = BTreeMap::<&str, Vec<Value>>::new();
                for served in self.served.iter().filter(|served| !served.group.is_empty()) {
                    let known = groups.entry(&served.group).or_default();
                    for version in &served.versions {
                        let version =
                            json!({ "groupVersion": api_version(&served.group, version), "version": version });
                        if !known.contains(&version) {
                            known.push(version);
                        }
                    }
                }
                let groups = groups.into_iter().map(|(name, versions)| {
                    json!({ "name": name, "preferredVersion": versions.first(), "versions": versions })
                });
                json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": groups.collect::<Vec<_>>() })
            }
            ["apis", group, version] => return Some(self.resources(group, version)),
            _ => return None,
        };
        Some(Reply::Body(body.to_string()))
    }

    fn resources(&self, group: &str, version: &str) -> Reply {
        let served = self
            .served
            .iter()
            .filter(|served| served.group == group && served.versions.iter().any(|known| known == version));
        let resources: Vec<Value> = served
            .flat_map(|served| {
                let resource = |name: String| {
                    json!({ "name": name, "singularName": "", "namespaced": served.namespaced, "kind": served.kind,
                        "verbs": ["get", "list", "watch"] })
                };
                [resource(served.plural.clone()), resource(format!("{}/status", served.plural))]
            })
            .collect();
        if resources.is_empty() {
            return Reply::Plain(404, "404 page not found\n".to_owned());
        }
        let group_version = api_version(group, version);
        let list = json!({ "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version,
            "resources": resources });
        Reply::Body(list.to_string())
    }

    /// Why a watch is not begun.
    pub fn refuse_watch(&self, asked: &Asked) -> Option<Reply> {
        if let Some(refused) = self.refused(asked) {
            return Some(refused);
        }
        if asked.is_streaming_list() && !self.streaming_lists {
            let message = "ListOptions.meta.k8s.io \"\" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is \
                forbidden for watch unless the WatchList feature gate is enabled";
            return Some(Reply::Status(422, "Invalid", message.to_owned()));
        }
        None
    }

    /// What a watch is told first, and where in the log it goes on.
    pub fn first_events(&self, asked: &Asked) -> (Vec<Told>, usize) {
        let Some((group, version, _, plural)) = asked.resource() else { return (vec![Told::End], 0) };
        let from: u64 = asked.param("resourceVersion").parse().unwrap_or(0);
        let mut told = Vec::new();
        if from == 0 {
            let current = self.current(asked);
            told.extend(current.into_iter().map(|object| line("ADDED", &object)));
            if asked.is_streaming_list() {
                told.push(Told::Line(self.bookmark_line(plural, true)));
            }
        } else if from < self.floor {
            let status = json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                "message": format!("too old resource version: {from} ({})", self.floor), "reason": "Expired", "code": 410 });
            told.extend([line("ERROR", &status), Told::End]);
        } else {
            let since = self.log.iter().filter(|(version, ..)| *version > from);
            told.extend(since.filter_map(|(_, known, happened)| match happened {
                Happened::Event(event, object) if fits(asked, known, object) => {
                    Some(line(event, &converted(object, group, version)))
                }
                _ => None,
            }));
        }
        (told, self.log.len())
    }

    /// What a watch is told from place `next` of the log on.
    pub fn events(&self, asked: &Asked, next: &mut usize) -> Vec<Told> {
        let Some((group, version, _, plural)) = asked.resource() else { return vec![Told::End] };
        let new = &self.log[*next..];
        *next = self.log.len();
        let told = new.iter().filter_map(|(_, known, happened)| match happened {
            Happened::Event(event, object) if fits(asked, known, object) => {
                Some(line(event, &converted(object, group, version)))
            }
            Happened::Line(line) if known == plural => Some(Told::Line(line.clone())),
            Happened::End if known == plural => Some(Told::End),
            _ => None,
        });
        told.collect()
    }

    fn bookmark_line(&self, plural: &str, ends_the_list: bool) -> String {
        let served = self.served.iter().find(|served| served.plural == plural);
        let api_version = served.map_or(String::new(), |served| api_version(&served.group, &served.versions[0]));
        let mut metadata = json!({ "resourceVersion": self.version.to_string() });
        if ends_the_list {
            metadata["annotations"] = json!({ "k8s.io/initial-events-end": "true" });
        }
        let kind = served.map_or("", |served| served.kind.as_str());
        let object = json!({ "apiVersion": api_version, "kind": kind, "metadata": metadata });
        json!({ "type": "BOOKMARK", "object": object }).to_string()
    }
}

fn fits(asked: &Asked, plural: &str, object: &Value) -> bool {
    asked.plural() == Some(plural)
        && asked.namespace().is_none_or(|namespace| object["metadata"]["namespace"] == namespace)
}

fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

fn converted(object: &Value, group: &str, version: &str) -> Value {
    let mut object = object.clone();
    object["apiVersion"] = api_version(group, version).into();
    object
}

fn line(event: &str, object: &Value) -> Told {
    Told::Line(json!({ "type": event, "object": object }).to_string())
}
