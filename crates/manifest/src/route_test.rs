//! Expectation files: documents of kind `RouteTest`. A mistake in one is told with its place and the words that are
//! accepted there.

use std::fmt;
use std::sync::Arc;

use routescope_core::expectation::{Asks, Backend, Expect, Test};
use routescope_core::finding::closest;
use routescope_core::model::value::{Data, Entry, Value};
use routescope_core::model::{Name, ObjectKey, PathKind, PathMatch, Position, Source, SourceKind};
use routescope_core::reachability::Region;
use routescope_core::router::{Request, Scheme};

use crate::decode::{Decoded, Documents};
use crate::yaml;

/// A mistake in an expectation file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where.
    pub at: Position,
    /// What is wrong.
    pub message: String,
    /// What to write.
    pub hint: Option<String>,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

type Read<T> = Result<T, Mistake>;

fn mistake<T>(at: Position, message: impl Into<String>, hint: impl Into<String>) -> Read<T> {
    Err(Mistake { at, message: message.into(), hint: Some(hint.into()) })
}

/// The tests of a file, or every mistake in it.
pub fn parse(name: &str, text: &str) -> Result<Vec<Test>, Vec<Mistake>> {
    let source = Arc::new(Source { name: name.to_owned(), text: text.to_owned(), kind: SourceKind::File });
    let mut decoded = Decoded { values: Some(Vec::new()), ..Decoded::default() };
    let mut documents = Documents::new(&source, &mut decoded);
    let broken = yaml::read(text, 1, &mut documents, &mut Vec::new()).err();
    drop(documents);
    let mut mistakes: Vec<Mistake> = broken
        .into_iter()
        .map(|broken| Mistake { at: broken.at, message: broken.message, hint: broken.help })
        .collect();
    let mut tests = Vec::new();
    for document in decoded.values.unwrap_or_default() {
        match list(&document) {
            Err(mistake) => mistakes.push(mistake),
            Ok(items) => {
                for item in items {
                    match test(item) {
                        Ok(one) => tests.push(one),
                        Err(mistake) => mistakes.push(mistake),
                    }
                }
            }
        }
    }
    if tests.is_empty() && mistakes.is_empty() {
        let hint =
            "write apiVersion: routescope/v1, kind: RouteTest and a list of tests; `routescope test --init` begins one";
        mistakes.push(Mistake { at: Position::new(1, 1), message: "no tests".to_owned(), hint: Some(hint.to_owned()) });
    }
    if mistakes.is_empty() { Ok(tests) } else { Err(mistakes) }
}

fn list(document: &Value) -> Read<&[Value]> {
    if let Data::Map(entries) = &document.data {
        let named = |key: &str| entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value);
        if let (Some(Value { data: Data::String(kind), at, .. }), None) = (named("kind"), named("tests"))
            && *kind != "RouteTest"
        {
            let hint = "name expectation files (kind: RouteTest), and the manifests with -f";
            return mistake(*at, format!("kind is {kind}: this is a manifest, not an expectation file"), hint);
        }
    }
    let fields = Fields::of(document, "a RouteTest", &["apiVersion", "kind", "tests", "metadata"])?;
    for (key, wanted) in [("apiVersion", "routescope/v1"), ("kind", "RouteTest")] {
        let value = fields.required(key)?;
        let is = text(value, key)?;
        if is != wanted {
            return mistake(value.at, format!("{key} is {is}"), format!("write {key}: {wanted}"));
        }
    }
    items(fields.required("tests")?, "tests")
}

fn test(item: &Value) -> Read<Test> {
    let fields = Fields::of(item, "a test", &["name", "request", "forAll", "expect"])?;
    let asks = match (fields.get("request"), fields.get("forAll")) {
        (Some(request), None) => one_request(request)?,
        (None, Some(region)) => Asks::All(for_all(region)?),
        (Some(_), Some(both)) => return mistake(both.at, "a test has both request and forAll", "write one of them"),
        (None, None) => return mistake(item.at, "a test has neither request nor forAll", "write one of them"),
    };
    let expect = expect(fields.required("expect")?)?;
    let name = match fields.get("name") {
        Some(name) => text(name, "name")?.to_string(),
        None => match &asks {
            Asks::Request { request, .. } => request.to_string(),
            Asks::All(region) => format!("all of {}{}", region.host.as_deref().unwrap_or("*"), region.path.value),
        },
    };
    Ok(Test { name, at: item.at, asks, expect })
}

fn one_request(value: &Value) -> Read<Asks> {
    // A URL alone is a request.
    if let Data::String(url) = &value.data {
        let request = Request::parse(url).or_else(|error| mistake(value.at, error.message, error.hint))?;
        return Ok(Asks::Request { request, gateway: None });
    }
    let fields = Fields::of(value, "request", &["url", "method", "headers", "gateway"])?;
    let url = fields.required("url")?;
    let mut request = Request::parse(&text(url, "url")?).or_else(|error| mistake(url.at, error.message, error.hint))?;
    if let Some(method) = fields.get("method") {
        let written = text(method, "method")?;
        request = request.with_method(&written).or_else(|error| mistake(method.at, error.message, error.hint))?;
    }
    if let Some(headers) = fields.get("headers") {
        for (at, name, value) in header_lines(headers)? {
            let line = format!("{name}: {value}");
            request = request.with_header(&line).or_else(|error| mistake(at, error.message, error.hint))?;
        }
    }
    let gateway = fields.get("gateway").map(|value| key(value, "gateway")).transpose()?;
    Ok(Asks::Request { request, gateway })
}

fn header_lines(value: &Value) -> Read<Vec<(Position, Name, Name)>> {
    match &value.data {
        Data::Null => Ok(Vec::new()),
        Data::Map(entries) => {
            entries.iter().map(|entry| Ok((entry.at, entry.key.clone(), text(&entry.value, &entry.key)?))).collect()
        }
        Data::List(items) => items
            .iter()
            .map(|item| {
                let fields = Fields::of(item, "a header", &["name", "value"])?;
                Ok((item.at, text(fields.required("name")?, "name")?, text(fields.required("value")?, "value")?))
            })
            .collect(),
        _ => mistake(value.at, "headers is neither a mapping nor a list", "write headers: { name: value }"),
    }
}

fn for_all(value: &Value) -> Read<Region> {
    let fields = Fields::of(value, "forAll", &["url", "methods", "gateway"])?;
    let url = fields.required("url")?;
    let mut region = region(url)?;
    if let Some(methods) = fields.get("methods") {
        for item in items(methods, "methods")? {
            let method = text(item, "methods")?;
            let known = Request::parse("/").and_then(|request| request.with_method(&method));
            known.or_else(|error| mistake(item.at, error.message, error.hint))?;
            region.methods.push(method);
        }
    }
    region.gateway = fields.get("gateway").map(|value| key(value, "gateway")).transpose()?;
    Ok(region)
}

/// `https://host:port/path`, the host perhaps `*`, the path perhaps with `/**` at its end.
fn region(value: &Value) -> Read<Region> {
    const FORMS: &str = "write https://host/path, https://host/path/** for all under it, https://*/** for everything";
    let written = text(value, "url")?;
    let (scheme, rest) = match written.split_once("://") {
        Some(("http", rest)) => (Some(Scheme::Http), rest),
        Some(("https", rest)) => (Some(Scheme::Https), rest),
        Some((other, _)) => return mistake(value.at, format!("the scheme {other} is not http or https"), FORMS),
        None => (None, written.as_str()),
    };
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => return mistake(value.at, format!("{written} has no path"), FORMS),
    };
    if path.contains(['?', '#']) {
        return mistake(
            value.at,
            format!("{written} has a query or a fragment"),
            "a region is all queries of its paths",
        );
    }
    let (path, under) = match path.strip_suffix("/**") {
        Some("") => ("/", true),
        Some(path) => (path, true),
        None => (path, false),
    };
    if path.contains('*') {
        return mistake(
            value.at,
            format!("{written} has a * inside its path"),
            "/** is taken at the end of a path alone",
        );
    }
    let (host, port) = if authority.is_empty() || authority == "*" {
        (None, None)
    } else if let Some(port) = authority.strip_prefix("*:") {
        match port.parse() {
            Ok(port) => (None, Some(port)),
            Err(_) => return mistake(value.at, format!("{port} is not a valid port"), FORMS),
        }
    } else {
        let request =
            Request::parse(&format!("{authority}/")).or_else(|error| mistake(value.at, error.message, error.hint))?;
        (request.host, request.port)
    };
    let kind = if under { PathKind::PathPrefix } else { PathKind::Exact };
    Ok(Region { scheme, port, host, path: PathMatch { kind, value: path.into() }, methods: Vec::new(), gateway: None })
}

const EXPECTED: &[&str] = &[
    "backend",
    "backendNamespace",
    "owner",
    "via",
    "status",
    "location",
    "upstream",
    "timeout",
    "policy",
    "anyOf",
    "not",
];

fn expect(value: &Value) -> Read<Expect> {
    let fields = Fields::of(value, "expect", EXPECTED)?;
    let name = |key: &str| fields.get(key).map(|value| text(value, key)).transpose();
    let mut expect = Expect {
        backend: fields.get("backend").map(backend).transpose()?,
        backend_namespace: name("backendNamespace")?,
        owner: name("owner")?,
        location: name("location")?.map(String::from),
        timeout: name("timeout")?,
        policy: fields.get("policy").map(|value| key(value, "policy")).transpose()?,
        ..Expect::default()
    };
    if let Some(via) = fields.get("via") {
        expect.via = Some(items(via, "via")?.iter().map(|item| key(item, "via")).collect::<Read<_>>()?);
    }
    if let Some(status) = fields.get("status") {
        expect.status = match &status.data {
            Data::Int(number) => match u16::try_from(*number) {
                Ok(number) if (100..600).contains(&number) => Some(number),
                _ => return mistake(status.at, format!("{number} is not a status"), "write a number such as 404"),
            },
            _ => return mistake(status.at, "status is not a number", "write a number such as 404"),
        };
    }
    if let Some(upstream) = fields.get("upstream") {
        let fields = Fields::of(upstream, "upstream", &["host", "path"])?;
        let name = |key: &str| fields.get(key).map(|value| text(value, key).map(String::from)).transpose();
        (expect.upstream_host, expect.upstream_path) = (name("host")?, name("path")?);
    }
    if let Some(any) = fields.get("anyOf") {
        expect.any_of = Some(items(any, "anyOf")?.iter().map(self::expect).collect::<Read<_>>()?);
    }
    if let Some(not) = fields.get("not") {
        expect.not = Some(Box::new(self::expect(not)?));
    }
    if expect == Expect::default() {
        return mistake(value.at, "expect names nothing", format!("accepted: {}", EXPECTED.join(", ")));
    }
    Ok(expect)
}

fn backend(value: &Value) -> Read<Backend> {
    let written = text(value, "backend")?;
    let wrong = || {
        mistake(
            value.at,
            format!("{written} is not a backend"),
            "write Kind/namespace/name or Kind/namespace/name:port",
        )
    };
    let mut parts = written.split('/');
    let (Some(kind), Some(namespace), Some(rest), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return wrong();
    };
    let (name, port) = match rest.split_once(':') {
        Some((name, port)) => match port.parse() {
            Ok(port) => (name, Some(port)),
            Err(_) => return wrong(),
        },
        None => (rest, None),
    };
    if [kind, namespace, name].contains(&"") {
        return wrong();
    }
    Ok(Backend { kind: kind.into(), namespace: namespace.into(), name: name.into(), port })
}

fn key(value: &Value, field: &str) -> Read<ObjectKey> {
    let written = text(value, field)?;
    match written.split_once('/') {
        Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() && !name.contains('/') => {
            Ok(ObjectKey::new(namespace, name))
        }
        _ => mistake(value.at, format!("{field}: {written} is not namespace/name"), "write it as NAMESPACE/NAME"),
    }
}

fn text(value: &Value, field: &str) -> Read<Name> {
    match &value.data {
        Data::String(text) => Ok(text.clone()),
        Data::Int(number) => Ok(number.to_string().into()),
        Data::Bool(flag) => Ok(flag.to_string().into()),
        Data::Float(number) => Ok(number.to_string().into()),
        Data::Null | Data::List(_) | Data::Map(_) => {
            mistake(value.at, format!("{field} is not a text"), format!("write {field}: …"))
        }
    }
}

fn items<'v>(value: &'v Value, field: &str) -> Read<&'v [Value]> {
    match &value.data {
        Data::List(items) => Ok(items),
        _ => mistake(value.at, format!("{field} is not a list"), format!("write {field}: [ … ]")),
    }
}

/// The fields of a mapping, of which all are known.
struct Fields<'v> {
    at: Position,
    what: &'static str,
    entries: &'v [Entry],
}

impl<'v> Fields<'v> {
    fn of(value: &'v Value, what: &'static str, accepted: &'static [&'static str]) -> Read<Self> {
        let Data::Map(entries) = &value.data else {
            return mistake(value.at, format!("{what} is not a mapping"), format!("accepted: {}", accepted.join(", ")));
        };
        if let Some(unknown) = entries.iter().find(|entry| !accepted.contains(&entry.key.as_str())) {
            let near = closest(&unknown.key, accepted.iter().copied());
            let hint = match near {
                Some(near) => format!("did you mean {near}? accepted: {}", accepted.join(", ")),
                None => format!("accepted: {}", accepted.join(", ")),
            };
            return mistake(unknown.at, format!("{what} has no field {}", unknown.key), hint);
        }
        Ok(Self { at: value.at, what, entries })
    }

    fn get(&self, key: &str) -> Option<&'v Value> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    fn required(&self, key: &str) -> Read<&'v Value> {
        match self.get(key) {
            Some(value) => Ok(value),
            None => mistake(self.at, format!("{} has no {key}", self.what), format!("write {key}: …")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "apiVersion: routescope/v1\nkind: RouteTest\ntests:\n";

    #[track_caller]
    fn one(test: &str) -> Test {
        parse("t.yaml", &format!("{HEAD}{test}")).unwrap_or_else(|mistakes| panic!("{mistakes:?}")).remove(0)
    }

    #[track_caller]
    fn refused(test: &str, at: (u32, u32), said: &str) {
        let mistakes = parse("t.yaml", &format!("{HEAD}{test}")).expect_err("a mistake");
        let first = &mistakes[0];
        assert_eq!((first.at.line, first.at.column), at, "{first:?}");
        let words = format!("{} / {}", first.message, first.hint.as_deref().unwrap_or_default());
        assert!(words.contains(said), "{words}");
    }

    #[test]
    fn a_region_is_a_url_with_stars() {
        let region =
            |url: &str| match one(&format!("- forAll: {{ url: \"{url}\" }}\n  expect: {{ status: 404 }}\n")).asks {
                Asks::All(region) => {
                    (region.scheme, region.host, region.port, region.path.kind, region.path.value.to_string())
                }
                Asks::Request { .. } => panic!("a region"),
            };
        let prefix = PathKind::PathPrefix;
        let all = |host: Option<&str>| host.map(str::to_owned);
        assert_eq!(region("https://a.io/x/**"), (Some(Scheme::Https), all(Some("a.io")), None, prefix, "/x".into()));
        assert_eq!(region("http://*/**"), (Some(Scheme::Http), None, None, prefix, "/".into()));
        assert_eq!(region("a.io:8080/x"), (None, all(Some("a.io")), Some(8080), PathKind::Exact, "/x".into()));
        assert_eq!(region("*:81/x"), (None, None, Some(81), PathKind::Exact, "/x".into()));
    }

    #[test]
    fn mistakes_have_a_place_and_the_accepted_words() {
        refused("- request: { url: a.io }\n  expect: { bakend: x }\n", (5, 13), "did you mean backend?");
        refused("- request: { url: a.io }\n", (4, 3), "has no expect");
        refused("- expect: { status: 404 }\n", (4, 3), "neither request nor forAll");
        refused("- request: { url: a.io }\n  expect: { status: x }\n", (5, 21), "number such as 404");
        refused("- forAll: { url: \"a.io/*/x\" }\n  expect: { status: 404 }\n", (4, 18), "inside its path");
        refused("- request: { url: a.io }\n  expect: { backend: svc }\n", (5, 22), "Kind/namespace/name");
    }
}
