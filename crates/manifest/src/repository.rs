//! The root of a repository, read as a folder: what in it is not a manifest of its own, and what kustomize and Helm would
//! make of the rest.
//!
//! `kubectl apply -R` would stop at the first values file; nobody runs it there. A file that is not a manifest is left out
//! and counted; one that names a kind of routing is still reported when it cannot be read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::flux::Substitutions;
use super::kustomization::{self, Kustomization};
use super::placeholder::Filling;
use super::text::{self, Text};
use routescope_core::finding::{Code, Finding, Severity};
use routescope_core::model::{Meta, Position, Source};

/// So many kustomizations are reported one by one.
const FEW: usize = 3;
/// So many files and folders that one kustomization takes in are looked at.
const INCLUDED: usize = crate::limits::INCLUDED;

/// What a folder and all below it holds.
#[derive(Debug, Clone, Default)]
pub struct Repository {
    /// The folders of kustomizations that no other one includes.
    pub roots: Vec<PathBuf>,
    /// The folders of Helm charts.
    pub charts: Vec<PathBuf>,
    /// The files that were left out, each with the reason.
    pub skipped: Vec<(String, &'static str)>,
    /// The folders that have a kustomization.
    pub(super) kustomized: BTreeSet<PathBuf>,
    /// The files that kustomizations change, each with those that do.
    changed: Changed,
    /// The files beside a kustomization that none takes up, each with that kustomization.
    unlisted: BTreeMap<PathBuf, Arc<Kustomization>>,
    /// What Flux makes of the files.
    pub(super) flux: Substitutions,
    /// How many files were read as manifests.
    pub files: usize,
    /// How many objects they hold, of whatever kind.
    pub objects: usize,
}

impl Repository {
    /// Takes over what another folder holds.
    pub(super) fn append(&mut self, other: Self) {
        let Self { roots, charts, skipped, kustomized, changed, unlisted, flux, files, objects } = other;
        self.roots.extend(roots);
        self.charts.extend(charts);
        self.skipped.extend(skipped);
        self.kustomized.extend(kustomized);
        for (file, by) in changed {
            self.changed.entry(file).or_default().extend(by);
        }
        self.unlisted.extend(unlisted);
        self.flux.append(flux);
        self.files += files;
        self.objects += objects;
    }

    /// What a kustomization makes of an object, which is not applied here; or why its namespace is not known.
    pub(super) fn doubt(&self, kind: &str, meta: &Meta) -> Option<String> {
        let file = normal(Path::new(&meta.origin.source.name));
        let mut by = self.changed.get(&file).into_iter().flatten();
        if let Some((one, change)) = by.find_map(|one| Some((one, one.change_of(kind, meta)?))) {
            return Some(format!("{} {change}, which -f does not apply", one.source.name));
        }
        if let Some(patch) = self.flux.patch(&file, kind) {
            return Some(format!("{patch}, which -f does not apply"));
        }
        if let Some(beside) = self.unlisted.get(&file) {
            return Some(format!("{} does not name its file", beside.source.name));
        }
        let is_cluster_wide = meta.namespace.is_empty();
        (meta.unplaced && !is_cluster_wide && !self.kustomized.is_empty())
            .then(|| "it names no namespace, and a kustomization may put it into any".to_owned())
    }

    /// What Flux makes of what kustomize prints for a folder.
    pub fn filling(&self, folder: &Path) -> Filling {
        self.flux.filling(folder)
    }

    /// A name that kustomize is to replace.
    pub(super) fn is_placeholder(&self, name: &str, source: &Source) -> bool {
        let mut folders = Path::new(&source.name).ancestors().skip(1);
        !name.is_empty()
            && name.bytes().all(|byte| byte == b'_')
            && folders.any(|folder| self.kustomized.contains(&normal(folder)))
    }
}

/// A folder, sorted.
pub(super) struct Sorted {
    /// What is to be read as manifests.
    pub texts: Vec<Text>,
    pub repository: Repository,
    pub findings: Vec<Finding>,
}

/// Sorts the texts of a folder.
pub(super) fn sort(texts: Vec<Text>) -> Sorted {
    let mut repository = Repository::default();
    let mut findings = Vec::new();
    let charts = charts(&texts);
    let mut charted: BTreeMap<PathBuf, Vec<Text>> = BTreeMap::new();
    let mut rest = Vec::new();
    for text in texts {
        match chart_of(&text, &charts) {
            Some(chart) => charted.entry(chart.clone()).or_default().push(text),
            None => rest.push(text),
        }
    }
    for (chart, texts) in charted {
        findings.extend(chart_finding(&chart, &texts));
        repository.skipped.extend(texts.iter().map(|text| (text.source.name.clone(), "part of a Helm chart")));
        repository.charts.push(chart);
    }

    let (own, rest): (Vec<Text>, Vec<Text>) = rest.into_iter().partition(|text| kustomization::is_one(path_of(text)));
    let mut all: Vec<Kustomization> = own.iter().filter_map(kustomization::read).collect();
    name_patched(&mut all, &rest);
    let all: Vec<Arc<Kustomization>> = all.into_iter().map(Arc::new).collect();
    repository.skipped.extend(own.iter().map(|text| (text.source.name.clone(), "a kustomization")));
    let used: BTreeSet<&PathBuf> = all.iter().flat_map(|one| one.patches.iter().chain(&one.inputs)).collect();
    let (used, texts): (Vec<Text>, Vec<Text>) =
        rest.into_iter().partition(|text| used.contains(&normal(path_of(text))));
    repository.skipped.extend(used.iter().map(|text| (text.source.name.clone(), "used by a kustomization")));
    let changed = changed(&all);
    findings.extend(unapplied(&all, &texts, &used, &changed));
    let included: BTreeSet<&PathBuf> = all.iter().flat_map(|one| &one.includes).collect();
    let by_folder: BTreeMap<&PathBuf, &Arc<Kustomization>> = all.iter().map(|one| (&one.folder, one)).collect();
    let beside = |text: &Text| {
        let path = normal(path_of(text));
        let one = by_folder.get(&path.parent()?.to_owned()).filter(|_| !included.contains(&path))?;
        Some((path, Arc::clone(one)))
    };
    repository.unlisted = texts.iter().filter_map(beside).collect();
    let roots = all.iter().filter(|one| !one.is_component && !included.contains(&one.folder));
    repository.roots = roots.map(|one| one.folder.clone()).collect();
    repository.changed = changed;
    repository.kustomized = all.iter().map(|one| one.folder.clone()).collect();
    Sorted { texts, repository, findings }
}

/// Looks into the files with patches for the kinds that they change.
fn name_patched(all: &mut [Kustomization], texts: &[Text]) {
    let patches: BTreeSet<PathBuf> = all.iter().flat_map(|one| &one.patches).cloned().collect();
    let found = texts.iter().map(|text| (normal(path_of(text)), text)).filter(|(path, _)| patches.contains(path));
    let kinds: BTreeMap<PathBuf, Vec<String>> = found
        .map(|(path, text)| {
            let kinds = text.source.text.lines().filter_map(|line| line.strip_prefix("kind:"));
            (path, kinds.map(|kind| kind.trim().trim_matches(['"', '\'']).to_owned()).collect())
        })
        .collect();
    for one in all {
        let of_files = one.patches.iter().filter_map(|path| kinds.get(path)).flatten();
        one.patched.extend(of_files.cloned().map(Some));
    }
}

/// The kustomizations that change a file.
type Changed = BTreeMap<PathBuf, Vec<Arc<Kustomization>>>;

/// The files that each kustomization takes in, through others too, with those that change them.
fn changed(all: &[Arc<Kustomization>]) -> Changed {
    let by_folder: BTreeMap<&PathBuf, &Arc<Kustomization>> = all.iter().map(|one| (&one.folder, one)).collect();
    let mut changed = Changed::new();
    for one in all {
        let mut waiting: Vec<&PathBuf> = one.includes.iter().collect();
        let mut seen: BTreeSet<&PathBuf> = BTreeSet::new();
        let mut changing = vec![Arc::clone(one)];
        let mut files = Vec::new();
        while let Some(path) = waiting.pop().filter(|_| seen.len() < INCLUDED) {
            if !seen.insert(path) {
                continue;
            }
            match by_folder.get(path) {
                Some(inner) => {
                    // A component changes what is beside it.
                    changing.extend(inner.is_component.then(|| Arc::clone(inner)));
                    waiting.extend(&inner.includes);
                }
                None => files.push(path),
            }
        }
        changing.retain(|one| one.renames || one.namespace.is_some() || !one.patched.is_empty());
        for file in files.into_iter().filter(|_| !changing.is_empty()) {
            changed.entry(file.clone()).or_default().extend(changing.iter().cloned());
        }
    }
    changed
}

fn path_of(text: &Text) -> &Path {
    Path::new(&text.source.name)
}

/// The path without `.`, and without `..` where that is possible.
pub(super) fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(normal.components().next_back(), Some(Component::Normal(_))) => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

/// The folders of charts. The templates of one may be read without the chart around them.
fn charts(texts: &[Text]) -> BTreeSet<PathBuf> {
    let mut charts = BTreeSet::new();
    for path in texts.iter().map(path_of) {
        if is_chart(path) {
            charts.extend(path.parent().map(Path::to_owned));
        }
        for folder in
            path.ancestors().skip(1).filter(|folder| folder.file_name().is_some_and(|name| name == "templates"))
        {
            let chart = folder.parent().unwrap_or(Path::new("."));
            if !charts.contains(chart) && ["Chart.yaml", "Chart.yml"].iter().any(|name| chart.join(name).is_file()) {
                charts.insert(chart.to_owned());
            }
        }
    }
    charts
}

fn is_chart(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "Chart.yaml" || name == "Chart.yml")
}

/// The outermost chart that a file is a part of. The CRDs of a chart are manifests as they stand.
fn chart_of<'c>(text: &Text, charts: &'c BTreeSet<PathBuf>) -> Option<&'c PathBuf> {
    let path = path_of(text);
    let chart = path.ancestors().skip(1).filter_map(|folder| charts.get(folder)).last()?;
    let inner = path.strip_prefix(chart).ok()?;
    (!inner.starts_with("crds")).then_some(chart)
}

/// A chart that has to do with routing: how it is read.
fn chart_finding(chart: &Path, texts: &[Text]) -> Option<Finding> {
    let template = texts.iter().find(|text| text::names_routing_kind(&text.source.text))?;
    let place = texts.iter().find(|text| is_chart(path_of(text))).unwrap_or(template);
    let name = chart.display();
    let name = if chart.as_os_str().is_empty() { ".".to_owned() } else { name.to_string() };
    let message = format!("{name} is a Helm chart: its templates are not read before they are rendered");
    let help = Some(format!("helm template {name} | routescope -f -"));
    Some(finding(Code::HelmChart, &place.source, Position::default(), message, help))
}

/// What kustomizations would change in what is read as it stands.
fn unapplied(all: &[Arc<Kustomization>], texts: &[Text], used: &[Text], changed: &Changed) -> Vec<Finding> {
    let of_routing: BTreeSet<PathBuf> = texts
        .iter()
        .chain(used)
        .filter(|text| text::names_routing_kind(&text.source.text))
        .map(|text| normal(path_of(text)))
        .collect();
    let mut concerned = Vec::new();
    let is_changed_by = |one: &Arc<Kustomization>, path| {
        changed.get(path).is_some_and(|by: &Vec<_>| by.iter().any(|other| Arc::ptr_eq(one, other)))
    };
    for one in all {
        let includes = of_routing.iter().any(|path| is_changed_by(one, path));
        let patch = one.patches.iter().find(|path| of_routing.contains(*path));
        let change = match (patch, &one.change) {
            (Some(patch), _) => format!("patches with {}", patch.display()),
            (None, Some(change)) if includes => format!("sets {change}"),
            _ => continue,
        };
        concerned.push((one, change));
    }
    let sentence = |(one, change): &(&Arc<Kustomization>, String)| {
        let folder = shown(&one.folder);
        let message = format!("{} {change}, which -f does not apply", one.source.name);
        let help = Some(if one.is_component {
            "--roots reads every root as kustomize builds it".to_owned()
        } else {
            format!("read it with -k {folder}, or every root with --roots")
        });
        finding(Code::Kustomization, &one.source, one.at, message, help)
    };
    match concerned.as_slice() {
        [] => Vec::new(),
        few if few.len() <= FEW => few.iter().map(sentence).collect(),
        many @ [(first, change), ..] => {
            let message = format!(
                "{} kustomizations change what they include ({} {change}), which -f does not apply",
                many.len(),
                first.source.name
            );
            let help = Some("--roots reads every root as kustomize builds it, -k DIR a single one".to_owned());
            vec![finding(Code::Kustomization, &first.source, first.at, message, help)]
        }
    }
}

/// A folder, as it is given to `-k`.
pub fn shown(folder: &Path) -> String {
    if folder.as_os_str().is_empty() { ".".to_owned() } else { folder.display().to_string() }
}

fn finding(code: Code, source: &Arc<Source>, at: Position, message: String, help: Option<String>) -> Finding {
    text::finding(source, Severity::Info, code, at, message, help)
}
