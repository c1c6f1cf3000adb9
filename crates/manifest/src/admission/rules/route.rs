//! `HTTPRoute`, `GRPCRoute`, and the routes of connections.

use super::super::accessors::{as_text, distinct, get, has, items, list as list_of, number, text, text_or};
use super::super::go::{duration, is_address};
use super::super::pattern::{Pattern, is_path, is_subdomain};
use super::super::schema::Function;
use super::shared::SERVICE_PORT;
use super::{Group, at, fallible, rule};
use routescope_core::model::GATEWAY_GROUP;
use routescope_core::model::value::Value;

pub(super) const RULES: &[Group] = &[
    at(
        &["HTTPRoute.spec.parentRefs", "TLSRoute/v1alpha2.spec.parentRefs"],
        &[
            rule(
                "sectionName or port must be specified when parentRefs includes 2 or more references to the same parent",
                |parents| same_given(parents, |one| (has(one, "sectionName"), has(one, "port"))),
            ),
            rule(
                "sectionName or port must be unique when parentRefs includes 2 or more references to the same parent",
                |parents| {
                    distinct(items(parents), |one| {
                        Some((parent(one), text_or(one, "sectionName", ""), number(one, "port")))
                    })
                },
            ),
        ],
    )
    .fast_accept(|parents| items(parents).len() < 2),
    at(
        &["HTTPRoute.spec.parentRefs"],
        &[
            rule(
                "sectionName must be specified when parentRefs includes 2 or more references to the same parent",
                |parents| same_given(parents, |one| (has(one, "sectionName"), false)),
            ),
            rule(
                "sectionName must be unique when parentRefs includes 2 or more references to the same parent",
                |parents| distinct(items(parents), |one| Some((parent(one), text_or(one, "sectionName", "")))),
            ),
        ],
    ),
    at(
        &["HTTPRoute.spec.rules", "GRPCRoute.spec.rules"],
        &[
            rule(
                "While 16 rules and 64 matches per rule are allowed, the total number of matches across all rules in a \
                 route must be less than 128",
                |rules| items(rules).iter().map(match_count).sum::<usize>() <= 128,
            ),
            UNIQUE_NAMES,
        ],
    ),
    at(&["TLSRoute/v1alpha2.spec.rules"], &[UNIQUE_NAMES]),
    at(
        &["HTTPRoute.spec.rules[]"],
        &[
            rule("RequestRedirect filter must not be used together with backendRefs", |rule| {
                list_of(rule, "backendRefs").is_empty()
                    || !list_of(rule, "filters").iter().any(|filter| has(filter, "requestRedirect"))
            }),
            rule(
                "When using RequestRedirect filter with path.replacePrefixMatch, exactly one PathPrefix match must be \
                 specified",
                |rule| !one_replaces(rule, "requestRedirect") || one_prefix(rule),
            ),
            rule(
                "When using URLRewrite filter with path.replacePrefixMatch, exactly one PathPrefix match must be \
                 specified",
                |rule| !one_replaces(rule, "urlRewrite") || one_prefix(rule),
            ),
            rule(
                "Within backendRefs, when using RequestRedirect filter with path.replacePrefixMatch, exactly one \
                 PathPrefix match must be specified",
                |rule| !one_backend_replaces(rule, "requestRedirect") || one_prefix(rule),
            ),
            rule(
                "Within backendRefs, When using URLRewrite filter with path.replacePrefixMatch, exactly one PathPrefix \
                 match must be specified",
                |rule| !one_backend_replaces(rule, "urlRewrite") || one_prefix(rule),
            ),
        ],
    )
    .fast_accept(|rule| {
        !has(rule, "filters") && !list_of(rule, "backendRefs").iter().any(|backend| has(backend, "filters"))
    }),
    at(
        &[
            "HTTPRoute.spec.rules[].backendRefs[]",
            "GRPCRoute.spec.rules[].backendRefs[]",
            "TLSRoute.spec.rules[].backendRefs[]",
        ],
        &[SERVICE_PORT],
    ),
    at(
        &["HTTPRoute.spec.rules[].matches[].path"],
        &[
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
            rule("type must be one of ['Exact', 'PathPrefix', 'RegularExpression']", |path| {
                matches!(text_or(path, "type", "PathPrefix"), "Exact" | "PathPrefix" | "RegularExpression")
            }),
            rule(
                "must only contain valid characters (matching ^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$) \
                 for types ['Exact', 'PathPrefix']",
                |path| literal(path).is_none_or(is_path),
            ),
        ],
    )
    .fast_accept(|path| literal(path).is_none_or(is_simple_path)),
    at(
        &["HTTPRoute.spec.rules[].sessionPersistence"],
        &[
            rule("AbsoluteTimeout must be specified when cookie lifetimeType is Permanent", |session| {
                let cookie = get(session, "cookieConfig");
                let is_permanent = cookie.is_some_and(|cookie| text(cookie, "lifetimeType") == Some("Permanent"));
                !is_permanent || has(session, "absoluteTimeout")
            }),
            rule("cookieConfig can only be set with type Cookie", |session| {
                !has(session, "cookieConfig") || text_or(session, "type", "Cookie") == "Cookie"
            }),
        ],
    ),
    at(
        &["HTTPRoute.spec.rules[].timeouts"],
        &[fallible("backendRequest timeout cannot be longer than request timeout", |timeouts| {
            let (Some(request), Some(backend)) = (text(timeouts, "request"), text(timeouts, "backendRequest")) else {
                return Ok(true);
            };
            let request = duration(request)?;
            Ok(request == 0 || duration(backend)? <= request)
        })],
    ),
    at(
        &["GRPCRoute.spec.rules[].matches[].method"],
        &[
            rule("One or both of 'service' or 'method' must be specified", |method| {
                has(method, "service") || has(method, "method")
            }),
            rule(
                r"service must only contain valid characters (matching ^(?i)\.?[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)*$)",
                |method| exact(method, "service").is_none_or(|service| GRPC_SERVICE.is_match(service)),
            ),
            rule("method must only contain valid characters (matching ^[A-Za-z_][A-Za-z_0-9]*$)", |method| {
                exact(method, "method").is_none_or(|method| GRPC_METHOD.is_match(method))
            }),
        ],
    ),
    at(
        &["TLSRoute.spec.hostnames"],
        &[
            rule("Hostnames cannot contain an IP", |hosts| texts(hosts).all(|host| !is_address(host))),
            rule("Hostnames must be valid based on RFC-1123", |hosts| {
                texts(hosts).all(|host| host.contains('*') || is_subdomain(host))
            }),
            rule(
                "Wildcards on hostnames must be the first label, and the rest of hostname must be valid based on \
                 RFC-1123",
                |hosts| {
                    texts(hosts).all(|host| !host.contains('*') || host.strip_prefix("*.").is_some_and(is_subdomain))
                },
            ),
        ],
    ),
];

const UNIQUE_NAMES: (&str, Function) =
    rule("Rule name must be unique within the route", |rules| distinct(items(rules), |rule| text(rule, "name")));

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    items(list).iter().filter_map(as_text)
}

/// Which object a `parentRef` names.
fn parent(reference: &Value) -> (&str, &str, &str, Option<&str>) {
    (
        text_or(reference, "group", GATEWAY_GROUP),
        text_or(reference, "kind", "Gateway"),
        text_or(reference, "namespace", ""),
        text(reference, "name"),
    )
}

/// Whether references to one parent all say the same parts.
fn same_given(parents: &Value, given: fn(&Value) -> (bool, bool)) -> bool {
    let parents = items(parents);
    parents.iter().all(|one| {
        let mut same = parents.iter().filter(|other| parent(other) == parent(one));
        same.all(|other| given(one) == given(other))
    })
}

/// An absent `matches` of an `HTTPRoute` is one match by default, and none of a `GRPCRoute`: 16 rules make no
/// difference to the limit.
fn match_count(rule: &Value) -> usize {
    list_of(rule, "matches").len()
}

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

/// The value of a path that is matched as text.
fn literal(path: &Value) -> Option<&str> {
    matches!(text_or(path, "type", "PathPrefix"), "Exact" | "PathPrefix").then(|| text_or(path, "value", "/"))
}

fn lacks(path: &Value, part: &str) -> bool {
    literal(path).is_none_or(|path| !path.contains(part))
}

/// Whether a path begins with a slash, is made of letters, digits, `-`, `_` and `.`, and no segment but the last is
/// empty or begins with a dot.
fn is_simple_path(path: &str) -> bool {
    let bytes = path.as_bytes();
    let simple = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.');
    bytes.first() == Some(&b'/')
        && bytes.iter().all(simple)
        && !bytes.windows(2).any(|pair| matches!(pair, b"//" | b"/."))
}

static GRPC_SERVICE: Pattern = Pattern::compiled(r"^(?i)\.?[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)*$");
static GRPC_METHOD: Pattern = Pattern::compiled("^[A-Za-z_][A-Za-z_0-9]*$");

/// The text in the field `key` of a method that is matched as text.
fn exact<'v>(method: &'v Value, key: &str) -> Option<&'v str> {
    if text_or(method, "type", "Exact") == "Exact" { text(method, key) } else { None }
}
