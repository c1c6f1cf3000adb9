//! The search: a path and a choice that pass all tests of some rows and that no earlier row takes, or the proof that there
//! is none.
//!
//! ```text
//! paths plain to see ─► is there a choice?      no ─► the rows that leave none are tracked by the automata:
//! one path of each class of the tracked rows ─► is there a choice?     no class has one ─► proved
//! ```

use super::choice::{Choice, Chosen, Setting, choose};
use super::machine::{Machine, path_space};
use super::product::classes;
use super::undetermined::Undetermined;
use crate::model::{PathKind, PathMatch, RouteMatch};
use crate::router::lists::{PathPatterns, path_holds};
use crate::router::matcher::Prefix;

/// How often the automata may grow by what was in the way.
const ROUNDS: usize = 40;
/// How many states a product of path automata may have.
const STATES: usize = 60_000;
/// Segments that are likely nobody's.
const FRESH: [&str; 3] = ["x", "other", "zz9"];

/// A path, and the rest of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Point {
    pub path: String,
    pub choice: Choice,
}

/// An earlier row that takes a path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Blocker<'m, I> {
    pub id: I,
    pub row: &'m RouteMatch,
}

/// What came of a search.
#[derive(Debug)]
pub(super) enum Met<I> {
    Found(Point),
    /// There is no such request: these rows take all that there is; none of them when no request passes at all.
    Never(Vec<I>),
    Unknown(Undetermined),
}

/// What is searched for.
pub(super) struct Search<'s, 'm, I> {
    pub setting: &'s Setting<'s>,
    pub patterns: &'s PathPatterns,
    /// Rows whose tests all pass.
    pub required: &'s [&'m RouteMatch],
    /// The earlier rows whose path test holds for a path.
    pub blockers: &'s dyn Fn(&str) -> Vec<Blocker<'m, I>>,
    /// Whether a request that was found will do; it is asked of the router.
    pub confirm: &'s mut dyn FnMut(&Point) -> bool,
}

impl<'m, I: Copy + PartialEq> Search<'_, 'm, I> {
    pub fn run(mut self) -> Met<I> {
        let plain = self.plain_paths();
        let mut refused = false;
        for path in &plain.paths {
            match self.at(path) {
                Met::Found(point) => {
                    if (self.confirm)(&point) {
                        return Met::Found(point);
                    }
                    refused = true;
                }
                Met::Never(by) if plain.all => return if refused { contradicted() } else { Met::Never(by) },
                // What takes this path alone takes every other one too.
                Met::Never(by) if !refused && self.cover(&by, path) => return Met::Never(by),
                Met::Unknown(why) if plain.all => return Met::Unknown(why),
                _ => {}
            }
        }
        if plain.all {
            return if refused { contradicted() } else { Met::Never(Vec::new()) };
        }
        self.by_automata()
    }

    /// Whether each of these rows, which take `path`, tests the path just as a required row does: then no path that the
    /// required rows take is left, since which choices are left depends on the rows alone.
    fn cover(&self, by: &[I], path: &str) -> bool {
        let blockers = (self.blockers)(path);
        let tests_alike = |blocker: &Blocker<'m, I>| self.required.iter().any(|row| row.path == blocker.row.path);
        by.iter().all(|id| blockers.iter().any(|one| one.id == *id && tests_alike(one)))
    }

    fn by_automata(&mut self) -> Met<I> {
        let semantics = self.setting.semantics;
        let mut required: Vec<Machine> = vec![path_space(semantics)];
        for row in self.required {
            match self.setting.languages.path(&row.path, semantics) {
                Some(Machine::Any) => {}
                Some(machine) => required.push(machine),
                None => return too_large(),
            }
        }
        let mut tests: Vec<&'m PathMatch> = Vec::new();
        let mut tracked: Vec<Machine> = Vec::new();
        for _ in 0..ROUNDS {
            let Ok(classes) = classes(&required, &tracked, STATES) else { return too_large() };
            let mut grown = false;
            let mut hiding: Vec<I> = Vec::new();
            let mut unknown: Option<Undetermined> = None;
            // A path that more rows take leaves no more than one that fewer take.
            let mut closed: Vec<Vec<bool>> = Vec::new();
            for class in &classes {
                if closed.iter().any(|known| known.iter().zip(&class.holds).all(|(known, holds)| !known || *holds)) {
                    continue;
                }
                match self.at(&class.text) {
                    Met::Found(point) => {
                        if (self.confirm)(&point) {
                            return Met::Found(point);
                        }
                        return contradicted();
                    }
                    Met::Unknown(why) => {
                        unknown.get_or_insert(why);
                    }
                    Met::Never(by) => {
                        let blockers = (self.blockers)(&class.text);
                        let mut new = false;
                        for id in &by {
                            let Some(blocker) = blockers.iter().find(|one| one.id == *id) else { continue };
                            if tests.contains(&&blocker.row.path) {
                                continue;
                            }
                            match self.setting.languages.path(&blocker.row.path, semantics) {
                                Some(machine) => {
                                    tests.push(&blocker.row.path);
                                    tracked.push(machine);
                                    new = true;
                                }
                                None => return too_large(),
                            }
                        }
                        if new {
                            grown = true;
                        } else {
                            closed.push(class.holds.clone());
                        }
                        for id in by {
                            if !hiding.contains(&id) {
                                hiding.push(id);
                            }
                        }
                    }
                }
                // The classes change with what is tracked.
                if grown {
                    break;
                }
            }
            if !grown {
                return unknown.map_or(Met::Never(hiding), Met::Unknown);
            }
        }
        Met::Unknown(Undetermined::ManyPaths)
    }

    /// Whether some choice does on this path.
    fn at(&self, path: &str) -> Met<I> {
        let blockers = (self.blockers)(path);
        let avoided: Vec<&RouteMatch> = blockers.iter().map(|one| one.row).collect();
        match choose(self.setting, self.required, &avoided) {
            Chosen::Found(choice) => Met::Found(Point { path: path.to_owned(), choice }),
            Chosen::Never(core) => Met::Never(core.into_iter().map(|at| blockers[at].id).collect()),
            Chosen::Unknown(why) => Met::Unknown(why),
        }
    }

    fn plain_paths(&self) -> PlainPaths {
        let space = path_space(self.setting.semantics);
        let fits = |path: &str| {
            space.holds(path) && self.required.iter().all(|row| path_holds(&row.path, path, self.patterns))
        };
        let exact = self.required.iter().find(|row| row.path.kind == PathKind::Exact);
        if let Some(exact) = exact {
            let path = exact.path.value.to_string();
            return PlainPaths { paths: if fits(&path) { vec![path] } else { Vec::new() }, all: true };
        }
        let longest = self
            .required
            .iter()
            .filter(|row| row.path.kind == PathKind::PathPrefix)
            .max_by_key(|row| row.path.value.len());
        let Some(longest) = longest else { return PlainPaths { paths: Vec::new(), all: false } };
        let prefix = match Prefix::of(&longest.path.value) {
            Prefix::All => "",
            Prefix::Segments(prefix) => prefix,
            Prefix::Text(_) => return PlainPaths { paths: Vec::new(), all: false },
        };
        let mut paths = vec![if prefix.is_empty() { "/".to_owned() } else { prefix.to_owned() }];
        paths.extend(FRESH.iter().map(|segment| format!("{prefix}/{segment}")));
        paths.retain(|path| fits(path));
        PlainPaths { paths, all: false }
    }
}

/// Paths that are plain to see, and whether there are no others.
struct PlainPaths {
    paths: Vec<String>,
    all: bool,
}

fn too_large<I>() -> Met<I> {
    Met::Unknown(Undetermined::LargeRegexes)
}

fn contradicted<I>() -> Met<I> {
    Met::Unknown(Undetermined::Contradicted)
}
