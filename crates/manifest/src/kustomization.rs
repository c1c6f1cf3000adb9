//! `kustomization.yaml`: what it includes, and what it changes. It is not built here: kustomize does that.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::repository::normal;
use super::text::{self, Text};
use crate::decode::Decoded;
use routescope_core::model::value::{Data, Value};
use routescope_core::model::{Position, Source};

/// The names that kustomize looks for.
pub(super) const NAMES: [&str; 2] = ["kustomization.yaml", "kustomization.yml"];

/// One kustomization.
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
    })
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
