//! `kustomization.yaml`: what it includes, and what it changes. It is not built here: kustomize does that.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::repository::normal;
use super::text::{self, Text};
use crate::decode::Decoded;
use routescope_core::model::value::{Data, Value};
use routescope_core::model::{Meta, Position, Source};

/// The names that kustomize looks for.
pub(super) const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// One kustomization.
#[derive(Debug)]
pub(super) struct Kustomization {
    /// Where it stands, without `..`.
    pub folder: PathBuf,
    pub source: Arc<Source>,
    /// Where what it changes is written.
    pub at: Position,
    /// It can only be built as a part of another.
    pub is_component: bool,
    /// Files and folders that it takes up.
    pub includes: Vec<PathBuf>,
    /// Files that it changes objects with.
    pub patches: Vec<PathBuf>,
    /// Files that are not objects: values, texts for config maps, settings.
    pub inputs: Vec<PathBuf>,
    /// The first change that matters to routing, as it is written.
    pub change: Option<String>,
    /// The namespace that it puts objects into.
    pub namespace: Option<String>,
    /// It gives objects other names.
    pub renames: bool,
    /// The kinds that its patches and replacements change; `None` among them where the kind is not said.
    pub patched: BTreeSet<Option<String>>,
}

impl Kustomization {
    /// What it makes of an object of a kind, written in a namespace.
    pub(super) fn change_of(&self, kind: &str, meta: &Meta) -> Option<String> {
        let own = (!meta.unplaced).then_some(meta.namespace.as_str());
        if self.renames {
            return self.change.clone().map(|change| format!("sets {change}"));
        }
        if let Some(namespace) = self.namespace.as_deref().filter(|namespace| own != Some(namespace)) {
            return Some(format!("sets namespace: {namespace}"));
        }
        let patched = self.patched.iter().any(|one| one.as_deref().is_none_or(|one| one == kind));
        patched.then(|| format!("patches its {kind}s"))
    }
}

/// Whether a file is a kustomization by its name.
pub(super) fn is_one(path: &Path) -> bool {
    path.file_name().is_some_and(|name| NAMES.iter().any(|known| name == *known))
}

/// Fields that name files with resources.
const INCLUDES: &[&str] = &["resources", "bases", "components", "crds"];
/// Fields that name files with patches, or hold mappings that do.
const PATCHES: &[&str] = &["patches", "patchesStrategicMerge", "patchesJson6902"];
/// Fields that name other files.
const INPUTS: &[&str] = &["configurations", "transformers", "generators", "replacements", "validators"];
/// Fields that change objects, in the order of what they mean to routing.
const CHANGES: &[&str] = &["namespace", "namePrefix", "nameSuffix"];

/// Reads a kustomization; `None` when it cannot be read, which is for kustomize to say.
pub(super) fn read(text: &Text) -> Option<Kustomization> {
    let path = Path::new(&text.source.name);
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut decoded = Decoded { values: Some(Vec::new()), ..Decoded::default() };
    text::read_one(text, &mut decoded);
    let value = decoded.values?.into_iter().next()?;
    let file = |name: &str| normal(&folder.join(name));
    let files = |fields: &[&str]| -> Vec<PathBuf> {
        let items = fields.iter().filter_map(|field| value.get(field)).flat_map(items);
        items.filter_map(|item| text_of(item).or_else(|| item.get("path").and_then(text_of))).map(file).collect()
    };
    let mut inputs = files(INPUTS);
    for generator in
        ["configMapGenerator", "secretGenerator"].iter().filter_map(|field| value.get(field)).flat_map(items)
    {
        let names = ["files", "envs"].iter().filter_map(|field| generator.get(field)).flat_map(items);
        let names = names.filter_map(text_of).map(|name| name.rsplit_once('=').map_or(name, |(_, file)| file));
        inputs.extend(names.map(file));
        inputs.extend(generator.get("env").and_then(text_of).map(file));
    }
    for chart in value.get("helmCharts").into_iter().flat_map(items) {
        inputs.extend(chart.get("valuesFile").and_then(text_of).map(file));
        inputs.extend(chart.get("additionalValuesFiles").into_iter().flat_map(items).filter_map(text_of).map(file));
    }
    let changed = CHANGES.iter().find_map(|field| Some((field, value.get(field)?, text_of(value.get(field)?)?)));
    Some(Kustomization {
        folder: normal(folder),
        source: Arc::clone(&text.source),
        at: changed.map_or(value.at, |(_, value, _)| value.at),
        is_component: value.get("kind").and_then(text_of) == Some("Component"),
        includes: files(INCLUDES),
        patches: files(PATCHES),
        inputs,
        change: changed.map(|(field, _, text)| format!("{field}: {text}")),
        namespace: value.get("namespace").and_then(text_of).map(str::to_owned),
        renames: ["namePrefix", "nameSuffix"].iter().any(|field| value.get(field).is_some()),
        patched: patched(&value),
    })
}

/// The kinds that patches and replacements name.
pub(super) fn patched(value: &Value) -> BTreeSet<Option<String>> {
    let mut kinds = BTreeSet::new();
    let kind = |of: Option<&Value>| of.and_then(|of| of.get("kind")).and_then(text_of).map(str::to_owned);
    for patch in PATCHES.iter().filter_map(|field| value.get(field)).flat_map(items) {
        // A patch without a target is of the kind that it writes itself; a file is looked into elsewhere.
        let inline = patch.get("patch").unwrap_or(patch);
        let written = match &inline.data {
            Data::String(text) => text.lines().find_map(|line| line.strip_prefix("kind:")),
            _ => None,
        };
        match (kind(patch.get("target")), written) {
            (Some(target), _) => drop(kinds.insert(Some(target))),
            (None, Some(written)) => drop(kinds.insert(Some(written.trim().trim_matches(['"', '\'']).to_owned()))),
            (None, None) => {}
        }
    }
    for replacement in value.get("replacements").into_iter().flat_map(items) {
        for target in replacement.get("targets").into_iter().flat_map(items) {
            kinds.insert(kind(target.get("select")));
        }
    }
    kinds
}

fn items(value: &Value) -> std::slice::Iter<'_, Value> {
    match &value.data {
        Data::List(items) => items.iter(),
        _ => [].iter(),
    }
}

/// A text of one line: a patch may also be written where a file is named elsewhere.
fn text_of(value: &Value) -> Option<&str> {
    match &value.data {
        Data::String(text) if !text.contains('\n') => Some(text.as_str()),
        _ => None,
    }
}
