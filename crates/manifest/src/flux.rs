//! What a repository's own Flux Kustomizations make of the files below their paths: what they fill placeholders with
//! (`postBuild`), the namespace they put objects into (`targetNamespace`), and the kinds that they patch.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::kustomization;
use super::placeholder::Filling;
use super::repository::normal;
use super::text::{self, Text};
use crate::decode::Decoded;
use routescope_core::model::value::{Data, Value};

/// The group of Flux's Kustomizations.
const GROUP: &str = "kustomize.toolkit.fluxcd.io/";

/// What is made of files, and below which path.
#[derive(Debug, Clone, Default)]
pub(super) struct Substitutions(Vec<Substitution>);

#[derive(Debug, Clone)]
struct Substitution {
    /// The file that says so.
    name: String,
    path: PathBuf,
    values: BTreeMap<String, String>,
    /// The config maps with more of them, by name. (Secrets are encrypted in a repository.)
    from: Vec<String>,
    /// The namespace of all objects, whatever theirs says.
    target: Option<String>,
    /// The kinds that its patches change; `None` among them where the kind is not said.
    patched: BTreeSet<Option<String>>,
}

/// Reads the Kustomizations among the texts, and the config maps that they name.
pub(super) fn read(texts: &[Text]) -> Substitutions {
    let mut all: Vec<Substitution> = texts
        .iter()
        .filter(|text| {
            let text = &text.source.text;
            holds(text, GROUP) && ["postBuild", "targetNamespace", "patches"].iter().any(|part| holds(text, part))
        })
        .flat_map(|text| values(text).into_iter().filter_map(|value| substitution(&text.source.name, &value)))
        .collect();
    let wanted: BTreeSet<&String> = all.iter().flat_map(|one| &one.from).collect();
    let mut maps: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    if !wanted.is_empty() {
        let is_map = |text: &&Text| {
            let text = &text.source.text;
            text.contains("ConfigMap") && wanted.iter().any(|name| text.contains(name.as_str()))
        };
        for value in texts.iter().filter(is_map).flat_map(values) {
            let name = value.get("metadata").and_then(|metadata| metadata.get("name")).and_then(plain);
            if let (Some(name), Some(data), Some("ConfigMap")) =
                (name, value.get("data"), value.get("kind").and_then(plain).as_deref())
            {
                maps.entry(name).or_default().extend(entries(data));
            }
        }
    }
    for one in &mut all {
        for (name, value) in one.from.iter().filter_map(|name| maps.get(name)).flatten() {
            one.values.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    all.sort_by_key(|one| one.path.components().count());
    Substitutions(all)
}

impl Substitutions {
    /// The values for a file: those of the paths that it is below, the longest last; of a file below none, those on which
    /// all Kustomizations agree.
    pub fn values(&self, file: &Path) -> BTreeMap<String, String> {
        let file = normal(file);
        let is_below = |path: &Path| file.ancestors().skip(1).any(|folder| folder.ends_with(path));
        let mut values = BTreeMap::new();
        for one in self.0.iter().filter(|one| is_below(&one.path)) {
            values.extend(one.values.clone());
        }
        for (name, value) in self.0.iter().flat_map(|one| &one.values) {
            let agreed = || self.0.iter().filter_map(|one| one.values.get(name)).all(|other| other == value);
            if !values.contains_key(name) && agreed() {
                values.insert(name.clone(), value.clone());
            }
        }
        values
    }

    /// The namespace that the objects of a file are put into: that of the longest path which it is below, unless two
    /// Kustomizations put it into different ones.
    pub fn target(&self, file: &Path) -> Option<&str> {
        let file = normal(file);
        let is_below = |path: &Path| file.ancestors().skip(1).any(|folder| folder.ends_with(path));
        let own = self.0.iter().filter(|one| !one.path.as_os_str().is_empty() && is_below(&one.path));
        let own: Vec<&Substitution> = own.collect();
        let longest = &own.last()?.path;
        let mut targets = own.iter().filter(|one| one.path == *longest).map(|one| one.target.as_deref());
        let first = targets.next()??;
        targets.all(|other| other == Some(first)).then_some(first)
    }

    /// What Flux makes of what kustomize prints for a folder.
    pub fn filling(&self, folder: &Path) -> Filling {
        let inside = folder.join("kustomization.yaml");
        Filling { values: self.values(&inside), target: self.target(&inside).map(str::to_owned) }
    }

    /// What a patch makes of the objects of a kind in a file.
    pub fn patch(&self, file: &Path, kind: &str) -> Option<String> {
        let is_below = |path: &Path| file.ancestors().skip(1).any(|folder| folder.ends_with(path));
        let own = self.0.iter().filter(|one| !one.path.as_os_str().is_empty() && is_below(&one.path));
        let patches = |one: &Substitution| one.patched.iter().any(|one| one.as_deref().is_none_or(|one| one == kind));
        own.rev().find(|one| patches(one)).map(|one| format!("{} patches its {kind}s", one.name))
    }

    /// Takes over what another folder says.
    pub fn append(&mut self, other: Self) {
        self.0.extend(other.0);
        self.0.sort_by_key(|one| one.path.components().count());
    }

    /// Whether nothing is filled in.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|one| one.values.is_empty())
    }
}

fn holds(text: &str, part: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), part.as_bytes()).is_some()
}

fn values(text: &Text) -> Vec<Value> {
    let mut decoded = Decoded { values: Some(Vec::new()), ..Decoded::default() };
    text::read_one(text, &mut decoded);
    decoded.values.unwrap_or_default()
}

fn substitution(name: &str, value: &Value) -> Option<Substitution> {
    plain(value.get("apiVersion")?).filter(|version| version.starts_with(GROUP))?;
    let spec = value.get("spec")?;
    let build = spec.get("postBuild");
    let target = spec.get("targetNamespace").and_then(plain).filter(|target| !target.is_empty());
    let from = match build.and_then(|build| build.get("substituteFrom")).map(|from| &from.data) {
        Some(Data::List(items)) => items.iter().filter_map(|item| plain(item.get("name")?)).collect(),
        _ => Vec::new(),
    };
    let values = build.and_then(|build| build.get("substitute")).map(entries).unwrap_or_default();
    let path = spec.get("path").and_then(plain).unwrap_or_default();
    let patched = kustomization::patched(spec);
    Some(Substitution { name: name.to_owned(), path: normal(Path::new(&path)), values, from, target, patched })
}

fn entries(value: &Value) -> BTreeMap<String, String> {
    match &value.data {
        Data::Map(entries) => {
            entries.iter().filter_map(|entry| Some((entry.key.to_string(), plain(&entry.value)?))).collect()
        }
        _ => BTreeMap::new(),
    }
}

fn plain(value: &Value) -> Option<String> {
    match &value.data {
        Data::String(text) => Some(text.to_string()),
        Data::Int(number) => Some(number.to_string()),
        Data::Float(number) => Some(number.to_string()),
        Data::Bool(is) => Some(is.to_string()),
        _ => None,
    }
}
