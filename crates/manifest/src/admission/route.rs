//! `HTTPRoute` and `GRPCRoute`.
//!
//! Source: Gateway API `config/crd/experimental/gateway.networking.k8s.io_{httproutes,grpcroutes}.yaml`. The standard
//! channel refuses the same but for what it does not know: ports of `parentRefs` (of two that differ by port alone it
//! says that `sectionName` must be specified), the filter `ExternalAuth`, names of rules that repeat, and the form of a
//! header's value.

use super::filters::{GRPC_FILTERS, HTTP_FILTERS};
use super::form::{DURATION, Form, HOSTNAME, PATH};
use super::go::duration;
use super::look::{distinct, get, has, items, list as list_of, number, text, text_or};
use super::schema::{Rule, Schema, Width, doubtful, integer, list, may, must, object, rule, text as any_text, word};
use super::shared::{GROUP_NAME, HEADER, KIND_NAME, NAME, NAMESPACE, PORT, SECTION, SERVICE_PORT, VALUE};
use routescope_core::model::GATEWAY_GROUP;
use routescope_core::model::value::Value;

pub(super) static HTTP_ROUTE: Schema = object(&[must(
    "spec",
    &object(&[
        may("parentRefs", &PARENT_REFS),
        may("hostnames", &HOSTNAMES),
        may("rules", &list(&HTTP_RULE).at_least(1).at_most(16).rules(OF_ALL_RULES)),
        may("useDefaultGateways", &word(&["All", "None"])),
    ]),
)]);

pub(super) static GRPC_ROUTE: Schema = object(&[must(
    "spec",
    &object(&[
        may("parentRefs", &PARENT_REFS),
        may("hostnames", &HOSTNAMES),
        may("rules", &list(&GRPC_RULE).at_most(16).rules(OF_ALL_RULES)),
        may("useDefaultGateways", &word(&["All", "None"])),
    ]),
)]);

static HOSTNAMES: Schema = list(&any_text().at_least(1).at_most(253).like(&HOSTNAME)).at_most(16);

static PARENT_REFS: Schema = list(&object(&[
    may("group", &GROUP_NAME),
    may("kind", &KIND_NAME),
    must("name", &NAME),
    may("namespace", &NAMESPACE),
    may("port", &PORT),
    may("sectionName", &SECTION),
]))
.at_most(32)
.rules(&[
    rule(
        "sectionName or port must be specified when parentRefs includes 2 or more references to the same parent",
        |parents| {
            let given = |parent| (has(parent, "sectionName"), has(parent, "port"));
            let parents = items(parents);
            parents.iter().all(|one| {
                let same = parents.iter().filter(|other| parent(other) == parent(one));
                same.into_iter().all(|other| given(one) == given(other))
            })
        },
    ),
    rule(
        "sectionName or port must be unique when parentRefs includes 2 or more references to the same parent",
        |parents| distinct(items(parents), |one| Some((parent(one), text(one, "sectionName"), number(one, "port")))),
    ),
])
.plainly(|parents| items(parents).len() < 2);

/// Which object a `parentRef` names.
fn parent(reference: &Value) -> (&str, &str, Option<&str>, Option<&str>) {
    (
        text_or(reference, "group", GATEWAY_GROUP),
        text_or(reference, "kind", "Gateway"),
        text(reference, "namespace"),
        text(reference, "name"),
    )
}

const OF_ALL_RULES: &[Rule] = &[
    rule(
        "While 16 rules and 64 matches per rule are allowed, the total number of matches across all rules in a route \
         must be less than 128",
        |rules| items(rules).iter().map(match_count).sum::<usize>() <= 128,
    ),
    rule("Rule name must be unique within the route", |rules| distinct(items(rules), |rule| text(rule, "name"))),
];

/// An absent `matches` of an `HTTPRoute` is one match by default, and none of a `GRPCRoute`: 16 rules make no
/// difference to the limit.
fn match_count(rule: &Value) -> usize {
    list_of(rule, "matches").len()
}

static HTTP_RULE: Schema = object(&[
    may("name", &SECTION),
    may("matches", &list(&HTTP_MATCH).at_most(64)),
    may("filters", &HTTP_FILTERS),
    may("backendRefs", &list(&HTTP_BACKEND).at_most(16)),
    may("timeouts", &TIMEOUTS),
    may("retry", &RETRY),
    may("sessionPersistence", &SESSION),
])
.rules(&[
    rule("RequestRedirect filter must not be used together with backendRefs", |rule| {
        list_of(rule, "backendRefs").is_empty()
            || !list_of(rule, "filters").iter().any(|filter| has(filter, "requestRedirect"))
    }),
    rule(
        "When using RequestRedirect filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified",
        |rule| !one_replaces(rule, "requestRedirect") || one_prefix(rule),
    ),
    rule(
        "When using URLRewrite filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified",
        |rule| !one_replaces(rule, "urlRewrite") || one_prefix(rule),
    ),
    rule(
        "Within backendRefs, when using RequestRedirect filter with path.replacePrefixMatch, exactly one PathPrefix \
         match must be specified",
        |rule| !one_backend_replaces(rule, "requestRedirect") || one_prefix(rule),
    ),
    rule(
        "Within backendRefs, When using URLRewrite filter with path.replacePrefixMatch, exactly one PathPrefix match \
         must be specified",
        |rule| !one_backend_replaces(rule, "urlRewrite") || one_prefix(rule),
    ),
])
.plainly(|rule| !has(rule, "filters") && !list_of(rule, "backendRefs").iter().any(|backend| has(backend, "filters")));

/// Whether exactly one filter replaces the matched prefix (CEL's `exists_one`).
fn one_replaces(holder: &Value, field: &str) -> bool {
    let replaces = |filter: &&Value| {
        let path = get(filter, field).and_then(|config| get(config, "path"));
        path.is_some_and(|path| text(path, "type") == Some("ReplacePrefixMatch") && has(path, "replacePrefixMatch"))
    };
    list_of(holder, "filters").iter().filter(replaces).count() == 1
}

fn one_backend_replaces(rule: &Value, field: &str) -> bool {
    list_of(rule, "backendRefs").iter().filter(|backend| one_replaces(backend, field)).count() == 1
}

/// Whether the rule has exactly one match, and that a `PathPrefix`: also what the defaults make of an absent one.
fn one_prefix(rule: &Value) -> bool {
    let matches = get(rule, "matches").map(items);
    match matches {
        None => true,
        Some([only]) => get(only, "path").is_none_or(|path| text_or(path, "type", "PathPrefix") == "PathPrefix"),
        Some(_) => false,
    }
}

static HTTP_MATCH: Schema = object(&[
    may("path", &MATCHED_PATH),
    may("headers", &list(&VALUE_MATCH).at_most(16).keyed_by("name")),
    may("queryParams", &list(&QUERY_MATCH).at_most(16).keyed_by("name")),
    may("method", &word(&["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"])),
]);

static MATCHED_PATH: Schema = object(&[
    may("type", &word(&["Exact", "PathPrefix", "RegularExpression"])),
    may("value", &any_text().at_most(1024)),
])
.rules(&[
    rule("value must be an absolute path and start with '/' when type one of ['Exact', 'PathPrefix']", |path| {
        literal(path).is_none_or(|path| path.starts_with('/'))
    }),
    rule("must not contain '//' when type one of ['Exact', 'PathPrefix']", |path| lacks(path, "//")),
    rule("must not contain '/./' when type one of ['Exact', 'PathPrefix']", |path| lacks(path, "/./")),
    rule("must not contain '/../' when type one of ['Exact', 'PathPrefix']", |path| lacks(path, "/../")),
    rule("must not contain '%2f' when type one of ['Exact', 'PathPrefix']", |path| lacks(path, "%2f")),
    rule("must not contain '%2F' when type one of ['Exact', 'PathPrefix']", |path| lacks(path, "%2F")),
    rule("must not contain '#' when type one of ['Exact', 'PathPrefix']", |path| lacks(path, "#")),
    rule("must not end with '/..' when type one of ['Exact', 'PathPrefix']", |path| {
        literal(path).is_none_or(|path| !path.ends_with("/.."))
    }),
    rule("must not end with '/.' when type one of ['Exact', 'PathPrefix']", |path| {
        literal(path).is_none_or(|path| !path.ends_with("/."))
    }),
    rule(
        "must only contain valid characters (matching ^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$) for \
         types ['Exact', 'PathPrefix']",
        |path| literal(path).is_none_or(|path| PATH.fits(path)),
    ),
])
.plainly(|path| literal(path).is_none_or(is_plain));

/// The value of a path that is matched as text.
fn literal(path: &Value) -> Option<&str> {
    matches!(text_or(path, "type", "PathPrefix"), "Exact" | "PathPrefix").then(|| text_or(path, "value", "/"))
}

fn lacks(path: &Value, part: &str) -> bool {
    literal(path).is_none_or(|path| !path.contains(part))
}

/// Whether a path begins with a slash, is made of letters, digits, `-`, `_` and `.`, and no segment but the last is
/// empty or begins with a dot.
fn is_plain(path: &str) -> bool {
    let bytes = path.as_bytes();
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.');
    bytes.first() == Some(&b'/')
        && bytes.iter().all(plain)
        && !bytes.windows(2).any(|pair| matches!(pair, b"//" | b"/."))
}

static VALUE_MATCH: Schema =
    object(&[may("type", &word(&["Exact", "RegularExpression"])), must("name", &HEADER), must("value", &VALUE)]);

static QUERY_MATCH: Schema = object(&[
    may("type", &word(&["Exact", "RegularExpression"])),
    must("name", &HEADER),
    must("value", &any_text().at_least(1).at_most(1024)),
]);

static HTTP_BACKEND: Schema = object(&[
    may("group", &GROUP_NAME),
    may("kind", &KIND_NAME),
    must("name", &NAME),
    may("namespace", &NAMESPACE),
    may("port", &PORT),
    may("weight", &integer(0, 1_000_000)),
    may("filters", &HTTP_FILTERS),
])
.rules(SERVICE_PORT);

static DURATION_TEXT: Schema = any_text().like(&DURATION);

static TIMEOUTS: Schema =
    object(&[may("request", &DURATION_TEXT), may("backendRequest", &DURATION_TEXT)]).rules(&[doubtful(
        "backendRequest timeout cannot be longer than request timeout",
        |timeouts| {
            let (Some(request), Some(backend)) = (text(timeouts, "request"), text(timeouts, "backendRequest")) else {
                return Ok(true);
            };
            let request = duration(request)?;
            Ok(request == 0 || duration(backend)? <= request)
        },
    )]);

static RETRY: Schema = object(&[
    may("attempts", &integer(1, i64::MAX).fitting(Width::Free)),
    may("backoff", &DURATION_TEXT),
    may("codes", &list(&integer(400, 599).fitting(Width::Free)).set()),
]);

static SESSION: Schema = object(&[
    may("absoluteTimeout", &DURATION_TEXT),
    may(
        "cookie",
        &object(&[
            may("lifetimeType", &word(&["Permanent", "Session"])),
            may("name", &HEADER),
            may("path", &any_text().at_most(1024)),
        ]),
    ),
    may("header", &object(&[must("name", &HEADER)])),
    may("type", &word(&["Cookie", "Header"])),
])
.rules(&[
    rule("AbsoluteTimeout must be specified when cookie lifetimeType is Permanent", |session| {
        let cookie = get(session, "cookie");
        cookie.is_none_or(|cookie| text(cookie, "lifetimeType") != Some("Permanent")) || has(session, "absoluteTimeout")
    }),
    rule("cookie must be nil if type is not Cookie", |session| !has(session, "cookie") || persists(session, "Cookie")),
    rule("cookie must be specified for Cookie type", |session| !persists(session, "Cookie") || has(session, "cookie")),
    rule("header must be nil if type is not Header", |session| !has(session, "header") || persists(session, "Header")),
    rule("header must be specified for Header type", |session| !persists(session, "Header") || has(session, "header")),
]);

fn persists(session: &Value, by: &str) -> bool {
    text_or(session, "type", "Cookie") == by
}

static GRPC_RULE: Schema = object(&[
    may("name", &SECTION),
    may("matches", &list(&GRPC_MATCH).at_most(64)),
    may("filters", &GRPC_FILTERS),
    may("backendRefs", &list(&GRPC_BACKEND).at_most(16)),
    may("sessionPersistence", &SESSION),
]);

static GRPC_MATCH: Schema =
    object(&[may("method", &GRPC_METHOD), may("headers", &list(&GRPC_HEADER).at_most(16).keyed_by("name"))]);

static GRPC_METHOD: Schema = object(&[
    may("type", &word(&["Exact", "RegularExpression"])),
    may("service", &any_text().at_most(1024)),
    may("method", &any_text().at_most(1024)),
])
.rules(&[
    rule("One or both of 'service' or 'method' must be specified", |method| {
        has(method, "service") || has(method, "method")
    }),
    rule(
        r"service must only contain valid characters (matching ^(?i)\.?[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)*$)",
        |method| exact(method, "service").is_none_or(|service| GRPC_SERVICE.fits(service)),
    ),
    rule("method must only contain valid characters (matching ^[A-Za-z_][A-Za-z_0-9]*$)", |method| {
        exact(method, "method").is_none_or(|method| GRPC_METHOD_NAME.fits(method))
    }),
]);

static GRPC_SERVICE: Form = Form::compiled(r"^(?i)\.?[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)*$");
static GRPC_METHOD_NAME: Form = Form::compiled("^[A-Za-z_][A-Za-z_0-9]*$");

/// The text in the field `key` of a method that is matched as text.
fn exact<'v>(method: &'v Value, key: &str) -> Option<&'v str> {
    if text_or(method, "type", "Exact") == "Exact" { text(method, key) } else { None }
}

/// Without a form for the value, unlike that of an `HTTPRoute`.
static GRPC_HEADER: Schema = object(&[
    may("type", &word(&["Exact", "RegularExpression"])),
    must("name", &HEADER),
    must("value", &any_text().at_least(1).at_most(4096)),
]);

static GRPC_BACKEND: Schema = object(&[
    may("group", &GROUP_NAME),
    may("kind", &KIND_NAME),
    must("name", &NAME),
    may("namespace", &NAMESPACE),
    may("port", &PORT),
    may("weight", &integer(0, 1_000_000)),
    may("filters", &GRPC_FILTERS),
])
.rules(SERVICE_PORT);
