//! `--roots`: every root of a repository as kustomize (or Helm) builds it, each a world of its own, side by side.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;

use routescope_core::parallel;
use routescope_manifest::files::{self, Input};
use routescope_manifest::{Channels, Variables, shown};

use super::answer::{self, Question, Unwritten};
use super::beside::{self, Answered, Beside};
use super::failure::Failure;
use super::load::{self, LoadedSource, Memory, Reading};
use super::{Context, Verdict, terminal};

/// So many roots that fail are named.
const NAMED: usize = 10;

/// The inputs that the roots are, kustomizations, and charts where there is helm; with what Flux makes of what is built.
pub fn inputs(context: &Context) -> Result<(Vec<(String, Input)>, Variables), Failure> {
    let Reading { inputs, recursive, mut variables, .. } = context.source.reading()?;
    let found = files::load_filled(&inputs, recursive, &variables, Channels::default())?.repository.unwrap_or_default();
    let filled = found.roots.iter().map(|folder| (format!("kustomize {}", shown(folder)), found.filling(folder)));
    variables.built = filled.collect();
    let named = |folder: PathBuf, input: fn(PathBuf) -> Input| {
        let name = shown(&folder);
        (name.clone(), input(PathBuf::from(name)))
    };
    let mut roots: Vec<_> = found.roots.into_iter().map(|folder| named(folder, Input::Kustomize)).collect();
    if files::has_helm() {
        roots.extend(found.charts.into_iter().map(|folder| named(folder, Input::Helm)));
    }
    if roots.is_empty() {
        let hint = "-R -f reads the manifests as they stand";
        return Err(Failure::new("no root found: there is no kustomization in what is read", hint));
    }
    Ok((roots, variables))
}

/// Answers for every root that has to do with routing.
pub fn run(question: &impl Question, context: &Context) -> Result<Verdict, Failure> {
    let roots = Roots::read(context, &mut Memories::default())?;
    terminal::write_err(&roots.told);
    let mut verdict = Verdict::Yes;
    answer::tell(question.shape(), |out| {
        verdict = roots.write(question, context, out)?;
        Ok(())
    })?;
    Ok(verdict)
}

/// What counts of each root that is read again and again.
pub type Memories = BTreeMap<String, Memory>;

/// Every root that has to do with routing, read.
pub struct Roots {
    /// Their names and worlds, or why one could not be built.
    pub worlds: Vec<(String, Result<LoadedSource, Failure>)>,
    /// What is told of them on standard error.
    pub told: String,
}

impl Roots {
    /// Reads all roots. An error when none of them has to do with routing.
    pub fn read(context: &Context, memories: &mut Memories) -> Result<Self, Failure> {
        let settings = context.settings.settings();
        let (inputs, variables) = inputs(context)?;
        let reading = Reading { variables, ..context.reading()? };
        let inputs = inputs.into_iter().map(|(name, input)| {
            let memory = memories.remove(&name).unwrap_or_default();
            (name, input, memory)
        });
        let worlds = parallel::in_order(inputs.collect(), parallel::threads(), |(name, input, mut memory)| {
            let reading = Reading { inputs: vec![input], ..reading.clone() };
            let world = load::read_again(&reading, &settings, &mut memory).map_err(Failure::from);
            (name, world, memory)
        });
        let read = worlds.len();
        let mut of_routing: Vec<(String, Result<LoadedSource, Failure>)> = Vec::new();
        for (name, world, memory) in worlds {
            memories.insert(name.clone(), memory);
            if !matches!(&world, Ok(world) if world.nothing.is_some()) {
                of_routing.push((name, world));
            }
        }
        let told = told(&of_routing, read - of_routing.len());
        if of_routing.iter().all(|(_, world)| world.is_err()) {
            terminal::write_err(&told);
            return Err(Failure::new(
                "no root has a route or a Gateway",
                "-R -f without --roots reads the manifests as they stand",
            ));
        }
        let built = of_routing.iter().filter_map(|(_, world)| world.as_ref().ok());
        load::namespaces_are_there(built, &context.scope())?;
        Ok(Self { worlds: of_routing, told })
    }

    /// Writes the answers of all of them, and gives the worst of their verdicts.
    pub fn write(
        &self,
        question: &impl Question,
        context: &Context,
        out: &mut dyn Write,
    ) -> Result<Verdict, Unwritten> {
        let answered: Vec<Answered<'_>> =
            self.worlds.iter().map(|(name, world)| Answered { name, world: world.as_ref() }).collect();
        beside::write(question, context, (&answered, Beside::Roots), out)
    }
}

/// Which roots could not be built, and how many have nothing to do with routing.
fn told(worlds: &[(String, Result<LoadedSource, Failure>)], idle: usize) -> String {
    let failed: Vec<&Failure> = worlds.iter().filter_map(|(_, world)| world.as_ref().err()).collect();
    let mut said = String::new();
    for Failure { message, .. } in failed.iter().take(NAMED) {
        let _ = writeln!(said, "error: {}", routescope_core::visible::visible(message));
    }
    if failed.len() > NAMED {
        let _ = writeln!(said, "error: {} more roots cannot be built", failed.len() - NAMED);
    }
    if idle > 0 {
        let _ = writeln!(said, "{} without routes or Gateways", routescope_render::phrases::count(idle, "other root"));
    }
    said
}
