//! `--roots`: every root of a repository as kustomize (or Helm) builds it, each a world of its own, side by side.

use std::fmt::Write as _;
use std::path::PathBuf;

use routescope_core::spread;
use routescope_manifest::files::{self, Input};
use routescope_manifest::shown;

use super::answer::{self, Answered, Beside, Question};
use super::failure::Failure;
use super::load::{self, Reading, World};
use super::{Context, Verdict, terminal};

/// So many roots that fail are named.
const NAMED: usize = 10;

/// The inputs that the roots are: kustomizations, and charts where there is helm.
pub fn inputs(context: &Context) -> Result<Vec<(String, Input)>, Failure> {
    let Reading { inputs, recursive, variables, .. } = context.source.reading()?;
    let found = files::load_filled(&inputs, recursive, &variables)?.repository.unwrap_or_default();
    let named = |folder: PathBuf, input: fn(PathBuf) -> Input| (shown(&folder), input(folder));
    let mut roots: Vec<_> = found.roots.into_iter().map(|folder| named(folder, Input::Kustomize)).collect();
    if files::has_helm() {
        roots.extend(found.charts.into_iter().map(|folder| named(folder, Input::Helm)));
    }
    if roots.is_empty() {
        let hint = "-R -f reads the manifests as they stand";
        return Err(Failure::new("no root found: there is no kustomization in what is read", hint));
    }
    Ok(roots)
}

/// Answers for every root that has to do with routing.
pub fn run(question: &impl Question, context: &Context) -> Result<Verdict, Failure> {
    let reading = context.source.reading()?;
    let settings = context.settings.settings();
    let worlds = spread::in_order(inputs(context)?, spread::threads(), |(name, input)| {
        let reading = Reading { inputs: vec![input], ..reading.clone() };
        (name, load::read(&reading, &settings).map_err(Failure::from))
    });
    let read = worlds.len();
    let worlds: Vec<(String, Result<World, Failure>)> =
        worlds.into_iter().filter(|(_, world)| !matches!(world, Ok(world) if world.nothing.is_some())).collect();
    let failed: Vec<(&str, &Failure)> =
        worlds.iter().filter_map(|(name, world)| Some((name.as_str(), world.as_ref().err()?))).collect();
    let mut said = String::new();
    for (_, Failure { message, .. }) in failed.iter().take(NAMED) {
        let _ = writeln!(said, "error: {}", routescope_core::visible::visible(message));
    }
    if failed.len() > NAMED {
        let _ = writeln!(said, "error: {} more roots cannot be built", failed.len() - NAMED);
    }
    let idle = read - worlds.len();
    if idle > 0 {
        let _ = writeln!(said, "{} without routes or Gateways", routescope_render::words::count(idle, "other root"));
    }
    terminal::write_err(&said);
    if worlds.iter().all(|(_, world)| world.is_err()) {
        return Err(Failure::new(
            "no root has a route or a Gateway",
            "-R -f without --roots reads the manifests as they stand",
        ));
    }
    let answered: Vec<Answered<'_>> =
        worlds.iter().map(|(name, world)| Answered { name, world: world.as_ref() }).collect();
    let (text, verdict) = answer::rendered(question, context, &answered, Beside::Roots)?;
    answer::print(question.shape().content(), &text)?;
    Ok(verdict)
}
