//! What is left of a request beside its path: a method, and for each header and query parameter that some row names a
//! value, another value, or none. Finds a choice that passes some rows' tests and fails at least one test of each of the
//! others.

use std::borrow::Cow;

use ahash::AHashMap;

use super::hosts::HostClass;
use super::languages::Languages;
use super::machine::{Machine, header_space, query_space};
use super::product::classes;
use super::undetermined::Undetermined;
use crate::model::{Name, RouteMatch, ValueKind, ValueMatch};
use crate::resolve::ProxySemantics;
use crate::router::lists::{HeaderDomain, header_domain};
use crate::router::normalise::methods;

/// How many steps a search may take.
const STEPS: usize = 20_000;
/// How many rows may leave a choice open at once.
const DEPTH: usize = 500;
/// How many states a product of value automata may have.
const STATES: usize = 20_000;
/// A host as people write them.
const PLAIN_HOST: &str = r"[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*";
/// Values that read well where any will do.
const PLAIN: [&str; 5] = ["x", "1", "a", "other", ""];

/// The part of a request that rows test beside the path.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Choice {
    pub method: String,
    pub headers: Vec<(String, String)>,
    pub query: Vec<(String, String)>,
    /// What `Host` must say, where a row tests it.
    pub authority: Option<String>,
}

/// What came of a search.
#[derive(Debug)]
pub(super) enum Chosen {
    Found(Choice),
    /// None: these rows (places in the list that was given) leave nothing.
    Never(Vec<usize>),
    Unknown(Undetermined),
}

/// What a request is chosen for.
pub(super) struct Setting<'s> {
    pub semantics: ProxySemantics,
    pub languages: &'s Languages,
    /// What the client speaks.
    pub scheme: &'static str,
    /// What `Host` can be, for rows that test it.
    pub authority: Authority<'s>,
    /// Methods to choose among; empty for all.
    pub methods: &'s [Name],
}

/// What `Host` can be where a request is made.
pub(super) enum Authority<'s> {
    /// Anything.
    Any,
    /// Nothing: a path is asked for, at no host.
    Absent,
    /// A host, or another one that leads to the same place.
    Of(Hosts<'s>),
}

/// The hosts that lead to a place.
pub(super) struct Hosts<'s> {
    /// The one that is asked first.
    pub own: &'s str,
    /// Whether a value of `Host` leads there.
    pub leads_here: &'s dyn Fn(&str) -> bool,
    /// All classes of hosts that are told apart there; `None` for too many.
    pub classes: &'s dyn Fn() -> Option<Vec<HostClass>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key<'m> {
    Method,
    Host,
    Header(Cow<'m, str>),
    Query(&'m str),
}

#[derive(Debug, Clone, Copy)]
enum Test<'m> {
    Method(&'m Name),
    Value(&'m ValueMatch),
}

impl Test<'_> {
    fn is_same(self, other: Test<'_>) -> bool {
        match (self, other) {
            (Self::Method(a), Test::Method(b)) => a == b,
            (Self::Value(a), Test::Value(b)) => a.value == b.value && (a.kind == b.kind || a.value.is_empty()),
            _ => false,
        }
    }
}

#[derive(Debug, Default)]
struct Tests<'m> {
    must: Vec<Test<'m>>,
    must_not: Vec<Test<'m>>,
}

/// What a name comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Absent,
    One(String),
    Lines(Vec<String>),
}

enum Feasible {
    Yes(Value),
    No,
    Unknown(Undetermined),
}

struct Search<'s, 'm> {
    setting: &'s Setting<'s>,
    names: Vec<(Key<'m>, Tests<'m>)>,
    /// Where a key is in `names`.
    places: AHashMap<Key<'m>, usize>,
    steps: usize,
    core: Vec<usize>,
    unknown: Option<Undetermined>,
}

/// A choice that passes all tests of `required` and fails each of `avoided`.
pub(super) fn choose<'m>(setting: &Setting<'_>, required: &[&'m RouteMatch], avoided: &[&'m RouteMatch]) -> Chosen {
    let mut search =
        Search { setting, names: Vec::new(), places: AHashMap::new(), steps: 0, core: Vec::new(), unknown: None };
    for row in required {
        for (key, test) in tests(row, setting.semantics) {
            let at = search.place(key);
            let must = &mut search.names[at].1.must;
            if !must.iter().any(|one| one.is_same(test)) {
                must.push(test);
            }
        }
    }
    search.place(Key::Method);
    for at in 0..search.names.len() {
        match search.feasible(at) {
            Feasible::Yes(_) => {}
            Feasible::No => return Chosen::Never(Vec::new()),
            Feasible::Unknown(why) => return Chosen::Unknown(why),
        }
    }
    // Rows with few tests leave the least: they fail first.
    let mut order: Vec<usize> = (0..avoided.len()).collect();
    order.sort_by_key(|at| {
        let row = avoided[*at];
        (usize::from(row.method.is_some()) + row.headers.len() + row.query_params.len(), *at)
    });
    if search.avoid(avoided, &order, 0) {
        return match search.choice() {
            Some(choice) => Chosen::Found(choice),
            None => Chosen::Unknown(Undetermined::ManyHeadersAndParams),
        };
    }
    if let Some(why) = search.unknown {
        Chosen::Unknown(why)
    } else {
        search.core.sort_unstable();
        search.core.dedup();
        Chosen::Never(search.core)
    }
}

fn tests(row: &RouteMatch, semantics: ProxySemantics) -> Vec<(Key<'_>, Test<'_>)> {
    let mut tests = Vec::new();
    for test in &row.query_params {
        tests.push((Key::Query(&test.name), Test::Value(test)));
    }
    for test in &row.headers {
        let name = &test.name;
        let host = name.eq_ignore_ascii_case("host") || name.eq_ignore_ascii_case(":authority");
        let lower = || {
            if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
                Cow::Owned(name.to_ascii_lowercase())
            } else {
                Cow::Borrowed(name.as_str())
            }
        };
        let key = if host && semantics != ProxySemantics::Agentgateway { Key::Host } else { Key::Header(lower()) };
        tests.push((key, Test::Value(test)));
    }
    tests.extend(row.method.as_ref().map(|method| (Key::Method, Test::Method(method))));
    tests
}

impl<'m> Search<'_, 'm> {
    fn place(&mut self, key: Key<'m>) -> usize {
        *self.places.entry(key).or_insert_with_key(|key| {
            self.names.push((key.clone(), Tests::default()));
            self.names.len() - 1
        })
    }

    /// The tests of a row that can still be failed; `None` when one fails already.
    fn open_tests(&mut self, row: &'m RouteMatch) -> Option<Vec<(usize, Test<'m>)>> {
        let semantics = self.setting.semantics;
        let mut open = Vec::new();
        for (key, test) in tests(row, semantics) {
            let at = self.place(key);
            let known = &self.names[at].1;
            if known.must_not.iter().any(|one| one.is_same(test))
                || known.must.iter().any(|one| excludes(*one, test, semantics))
            {
                return None;
            }
            if !known.must.iter().any(|one| one.is_same(test)) {
                open.push((at, test));
            }
        }
        Some(open)
    }

    /// Fails one test of each row, in order.
    fn avoid(&mut self, rows: &[&'m RouteMatch], order: &[usize], depth: usize) -> bool {
        self.steps += 1;
        if self.steps > STEPS {
            self.unknown.get_or_insert(Undetermined::ManyConditions);
            return false;
        }
        let mut order = order;
        let (first, rest, mut open) = loop {
            let Some((&first, rest)) = order.split_first() else { return true };
            match self.open_tests(rows[first]) {
                None => order = rest,
                Some(open) => break (first, rest, open),
            }
        };
        if depth > DEPTH {
            self.unknown.get_or_insert(Undetermined::ManyConditions);
            return false;
        }
        // What is not asked for otherwise is left out; then another method; then another value.
        open.sort_by_key(|(at, _)| {
            let (key, tests) = &self.names[*at];
            (!tests.must.is_empty(), *key == Key::Method, *key == Key::Host)
        });
        for (at, test) in open {
            self.names[at].1.must_not.push(test);
            match self.feasible(at) {
                Feasible::Yes(_) => {
                    if self.avoid(rows, rest, depth + 1) {
                        return true;
                    }
                }
                Feasible::No => {}
                Feasible::Unknown(why) => {
                    self.unknown.get_or_insert(why);
                }
            }
            self.names[at].1.must_not.pop();
        }
        self.core.push(first);
        false
    }

    fn choice(&self) -> Option<Choice> {
        let mut choice = Choice::default();
        for (at, (key, _)) in self.names.iter().enumerate() {
            let Feasible::Yes(value) = self.feasible(at) else { return None };
            let lines = match value {
                Value::Absent => continue,
                Value::One(value) => vec![value],
                Value::Lines(lines) => lines,
            };
            for value in lines {
                match key {
                    Key::Method => choice.method = value,
                    Key::Host => choice.authority = Some(value),
                    Key::Header(name) => choice.headers.push((name.to_string(), value)),
                    Key::Query(name) => choice.query.push(((*name).to_owned(), value)),
                }
            }
        }
        Some(choice)
    }

    /// Whether one name alone can do what is asked of it, and how.
    fn feasible(&self, at: usize) -> Feasible {
        let (key, tests) = &self.names[at];
        let mut values = tests.must.iter().chain(&tests.must_not).filter(|test| matches!(test, Test::Value(_)));
        match self.feasible_as_known(key, tests) {
            Feasible::No if values.any(|test| self.machine(*test).is_none()) => too_large(),
            other => other,
        }
    }

    fn feasible_as_known(&self, key: &Key<'m>, tests: &Tests<'m>) -> Feasible {
        let agentgateway = self.setting.semantics == ProxySemantics::Agentgateway;
        match key {
            Key::Method => self.method(tests),
            Key::Host => self.host(tests),
            Key::Header(name) => {
                let domain = if !name.bytes().all(is_token) || (agentgateway && name == "host") {
                    HeaderDomain::Never
                } else if self.setting.semantics == ProxySemantics::Envoy {
                    header_domain(name)
                } else {
                    HeaderDomain::Sent
                };
                self.header(tests, domain)
            }
            Key::Query(name) => {
                let sent =
                    agentgateway || name.bytes().all(|byte| matches!(byte, b'!'..=b'~') && !b"#&=".contains(&byte));
                match (tests.must.is_empty(), sent) {
                    (true, _) => Feasible::Yes(Value::Absent),
                    (false, false) => Feasible::No,
                    (false, true) => self.one(query_space(self.setting.semantics), tests),
                }
            }
        }
    }

    fn method(&self, tests: &Tests<'m>) -> Feasible {
        let named = |tests: &[Test<'m>], method: &str| {
            tests.iter().any(|test| matches!(test, Test::Method(name) if *name == method))
        };
        let passes = |method: &str| {
            tests.must.iter().all(|test| matches!(test, Test::Method(name) if *name == method))
                && !named(&tests.must_not, method)
        };
        let of = |method: &str| Feasible::Yes(Value::One(method.to_owned()));
        if !self.setting.methods.is_empty() {
            return self.setting.methods.iter().find(|method| passes(method)).map_or(Feasible::No, |method| of(method));
        }
        if let Some(method) = methods().find(|method| passes(method)) {
            return of(method);
        }
        if self.setting.semantics != ProxySemantics::Agentgateway {
            return Feasible::No;
        }
        match tests.must.first() {
            Some(Test::Method(method)) if passes(method) && !method.is_empty() && method.bytes().all(is_token) => {
                of(method)
            }
            Some(_) => Feasible::No,
            None => {
                // One of so many is not named.
                let mut others = (0..=tests.must_not.len()).map(|number| format!("OTHER{number}"));
                others.find(|method| passes(method)).map_or(Feasible::No, |method| of(&method))
            }
        }
    }

    /// `Host` is what the place is reached by, or another value that leads there.
    fn host(&self, tests: &Tests<'m>) -> Feasible {
        let hosts = match &self.setting.authority {
            Authority::Any => return self.one(header_space(), tests),
            Authority::Absent if tests.must.is_empty() => return Feasible::Yes(Value::Absent),
            Authority::Absent => return Feasible::No,
            Authority::Of(hosts) => hosts,
        };
        if self.passes(tests, hosts.own) {
            return Feasible::Yes(Value::One(hosts.own.to_owned()));
        }
        let exact = tests.must.iter().find_map(|test| match test {
            Test::Value(value) if value.kind == ValueKind::Exact && !value.value.is_empty() => Some(&value.value),
            _ => None,
        });
        if let Some(exact) = exact {
            let fits = self.passes(tests, exact) && (hosts.leads_here)(exact);
            return if fits { Feasible::Yes(Value::One(exact.to_string())) } else { Feasible::No };
        }
        let unknown = || Feasible::Unknown(Undetermined::TestsHost);
        let Some(classes) = (hosts.classes)() else {
            return match self.one(header_space(), tests) {
                Feasible::No => Feasible::No,
                _ => unknown(),
            };
        };
        let mut left_open = false;
        for class in classes.iter().filter(|class| class.host.as_deref().is_none_or(hosts.leads_here)) {
            match self.host_of_class(class, tests) {
                Feasible::Yes(Value::One(value)) if (hosts.leads_here)(&value) => {
                    return Feasible::Yes(Value::One(value));
                }
                Feasible::No => {}
                _ => left_open = true,
            }
        }
        if left_open { unknown() } else { Feasible::No }
    }

    /// A host of a class: one as people write them, else any.
    fn host_of_class(&self, class: &HostClass, tests: &Tests<'m>) -> Feasible {
        let languages = self.setting.languages;
        let (Some(within), Some(outside)) = (class.within(languages), class.outside(languages)) else {
            return too_large();
        };
        let plain = languages.regex(&PLAIN_HOST.into(), ProxySemantics::Envoy);
        for space in [plain, Some(header_space())].into_iter().flatten() {
            match self.one_within(&[space, within.clone()], &outside, tests) {
                Feasible::No => {}
                other => return other,
            }
        }
        Feasible::No
    }

    fn header(&self, tests: &Tests<'m>, domain: HeaderDomain) -> Feasible {
        let first_of =
            |values: &[&str]| values.iter().find(|value| self.passes(tests, value)).map(|value| (*value).to_owned());
        match domain {
            HeaderDomain::Never if tests.must.is_empty() => Feasible::Yes(Value::Absent),
            HeaderDomain::Never => Feasible::No,
            HeaderDomain::Fixed(values) => {
                // What the client speaks is known where the request is made.
                let own = values.contains(&self.setting.scheme).then_some(self.setting.scheme);
                match own.filter(|own| self.passes(tests, own)) {
                    Some(_) => Feasible::Yes(Value::Absent),
                    None => match first_of(values) {
                        Some(_) if values.len() == 1 => Feasible::Yes(Value::Absent),
                        Some(_) => Feasible::Unknown(Undetermined::TestsEnvoyHeader),
                        None => Feasible::No,
                    },
                }
            }
            _ if tests.must.is_empty() && !matches!(domain, HeaderDomain::Extended(_)) => Feasible::Yes(Value::Absent),
            HeaderDomain::OneOf(values) => {
                first_of(values).map_or(Feasible::No, |value| Feasible::Yes(Value::One(value)))
            }
            HeaderDomain::Extended(own) if self.passes(tests, own) => Feasible::Yes(Value::Absent),
            HeaderDomain::Extended(own) => {
                let sent = tests.must.iter().find_map(|test| match test {
                    Test::Value(value) if value.kind == ValueKind::Exact => {
                        value.value.strip_suffix(own)?.strip_suffix(',')
                    }
                    _ => None,
                });
                match sent {
                    Some(sent) if self.passes(tests, &format!("{sent},{own}")) => {
                        Feasible::Yes(Value::One(sent.to_owned()))
                    }
                    _ => Feasible::Unknown(Undetermined::TestsExtendedHeader),
                }
            }
            HeaderDomain::Checked => {
                let urls = ["https://example.com/", "/"];
                first_of(&urls)
                    .map_or_else(|| self.one(header_space(), tests), |value| Feasible::Yes(Value::One(value)))
            }
            HeaderDomain::Sent if self.setting.semantics == ProxySemantics::Agentgateway => self.lines(tests),
            HeaderDomain::Sent => self.one(header_space(), tests),
        }
    }

    /// Any line of a header may pass a test, and none may pass one that must fail.
    fn lines(&self, tests: &Tests<'m>) -> Feasible {
        let mut lines: Vec<String> = Vec::new();
        for test in &tests.must {
            let alone = Tests { must: vec![*test], must_not: tests.must_not.clone() };
            match self.one(header_space(), &alone) {
                Feasible::Yes(Value::One(line)) => {
                    if !lines.contains(&line) {
                        lines.push(line);
                    }
                }
                other => return other,
            }
        }
        Feasible::Yes(Value::Lines(lines))
    }

    /// One value of `space` that passes all and fails all others.
    fn one(&self, space: Machine, tests: &Tests<'m>) -> Feasible {
        self.one_within(&[space], &Machine::Nothing, tests)
    }

    /// One value that all of `spaces` hold and `outside` does not, which passes all and fails all others.
    fn one_within(&self, spaces: &[Machine], outside: &Machine, tests: &Tests<'m>) -> Feasible {
        let fits = |value: &str| {
            spaces.iter().all(|space| space.holds(value)) && !outside.holds(value) && self.passes(tests, value)
        };
        if tests.must_not.iter().any(|test| self.asks_for_presence(*test)) {
            return Feasible::No;
        }
        let exact = tests.must.iter().find_map(|test| match test {
            Test::Value(value) if value.kind == ValueKind::Exact && !self.asks_for_presence(*test) => {
                Some(&value.value)
            }
            _ => None,
        });
        if let Some(exact) = exact {
            return if fits(exact) { Feasible::Yes(Value::One(exact.to_string())) } else { Feasible::No };
        }
        if let Some(plain) = PLAIN.iter().find(|plain| fits(plain)) {
            return Feasible::Yes(Value::One((*plain).to_owned()));
        }
        let mut required = spaces.to_vec();
        let mut tracked = vec![outside.clone()];
        for test in tests.must.iter().filter(|test| !self.asks_for_presence(**test)) {
            match self.machine(*test) {
                Some(machine) => required.push(machine),
                None => return too_large(),
            }
        }
        for test in &tests.must_not {
            match self.machine(*test) {
                Some(machine) => tracked.push(machine),
                None => return too_large(),
            }
        }
        match classes(&required, &tracked, STATES) {
            Err(_) => too_large(),
            Ok(classes) => match classes.into_iter().find(|class| !class.holds.contains(&true)) {
                Some(class) => Feasible::Yes(Value::One(class.text)),
                None => Feasible::No,
            },
        }
    }

    fn asks_for_presence(&self, test: Test<'_>) -> bool {
        self.setting.semantics != ProxySemantics::Agentgateway
            && matches!(test, Test::Value(value) if value.value.is_empty())
    }

    fn machine(&self, test: Test<'_>) -> Option<Machine> {
        match test {
            Test::Method(_) => None,
            Test::Value(value) => match value.kind {
                ValueKind::Exact => Some(Machine::Literal(value.value.clone(), super::machine::After::End)),
                ValueKind::RegularExpression => self.setting.languages.regex(&value.value, self.setting.semantics),
            },
        }
    }

    /// Whether a value that is there passes the tests.
    fn passes(&self, tests: &Tests<'m>, value: &str) -> bool {
        let holds = |test: &Test<'m>| {
            self.asks_for_presence(*test) || self.machine(*test).is_some_and(|machine| machine.holds(value))
        };
        tests.must.iter().all(holds)
            && !tests.must_not.iter().any(|test| {
                // What is too large to look into may hold.
                self.asks_for_presence(*test) || self.machine(*test).is_none_or(|machine| machine.holds(value))
            })
    }
}

fn too_large() -> Feasible {
    Feasible::Unknown(Undetermined::LargeRegex)
}

/// Whether no value passes both.
fn excludes(must: Test<'_>, test: Test<'_>, semantics: ProxySemantics) -> bool {
    match (must, test) {
        (Test::Method(a), Test::Method(b)) => a != b,
        (Test::Value(a), Test::Value(b)) => {
            let exact = |test: &ValueMatch| test.kind == ValueKind::Exact && !test.value.is_empty();
            semantics != ProxySemantics::Agentgateway && exact(a) && exact(b) && a.value != b.value
        }
        _ => false,
    }
}

/// A byte of a header's name or of a method (RFC 9110).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
