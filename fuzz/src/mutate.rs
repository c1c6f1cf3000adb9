//! Changes worlds as worlds: values move, multiply, vanish and turn into others, and the text stays JSON.

use serde_json::{Value, json};

/// Texts that mean something somewhere, or are odd everywhere.
const TEXTS: &[&str] = &[
    "",
    "/",
    "*",
    "*.a.io",
    ".",
    "a..io",
    "%2F",
    "\u{0}",
    "é",
    "❤\u{fe0f}",
    "\u{202e}x",
    "a\u{200b}b",
    "\u{1b}[2J",
    "yes",
    "~",
    "1_000",
    "0x1f",
    "null",
    "2024-01-01",
    "<<",
    "Exact",
    "PathPrefix",
    "RegularExpression",
    "ReplaceFullPath",
    "ReplacePrefixMatch",
    "/a.*",
    "(/a|/b)+",
    "a{900}",
    "\\C",
    "[[:alpha:]]",
    "(?i)x",
    "All",
    "Same",
    "Selector",
    "HTTP",
    "HTTPS",
    "TLS",
    "TCP",
    "Passthrough",
    "kgateway",
    "gloo-gateway",
    "agentgateway",
    "istio",
    "HTTPRoute",
    "GRPCRoute",
    "TCPRoute",
    "TLSRoute",
    "Gateway",
    "ListenerSet",
    "Service",
    "Backend",
    "TrafficPolicy",
    "DirectResponse",
    "ReferenceGrant",
    "Namespace",
    "label",
    "delegation.kgateway.dev",
    "gateway.networking.k8s.io",
    "gateway.kgateway.dev",
    "delegation.kgateway.dev/label",
    "delegation.gateway.solo.io/label",
    "delegation.kgateway.dev/inherit-parent-matcher",
    "kgateway.dev/route-weight",
    "shallowMerge",
    "deepMerge",
    "9999999999",
    "-1",
    "1e400",
    "true",
    "RequestRedirect",
    "URLRewrite",
    "ExtensionRef",
    "RequestMirror",
    "CORS",
    "GET",
    "CONNECT",
    "complete",
    "weighted",
    "grants=strict",
    "validation=strict",
    "engine=gloo",
    "engine=agentgateway",
    "engine=gateway-api",
    "GET http://a.io/",
    "GET /a",
];

/// Keys that objects may have.
const KEYS: &[&str] = &[
    "name",
    "namespace",
    "group",
    "kind",
    "port",
    "weight",
    "value",
    "type",
    "path",
    "headers",
    "queryParams",
    "method",
    "matches",
    "filters",
    "backendRefs",
    "parentRefs",
    "hostnames",
    "sectionName",
    "timeouts",
    "retry",
    "labels",
    "annotations",
    "hostname",
    "tls",
    "allowedRoutes",
    "namespaces",
    "from",
    "selector",
    "matchLabels",
    "targetRefs",
    "targetSelectors",
    "status",
    "replacePrefixMatch",
    "replaceFullPath",
    "requestRedirect",
    "urlRewrite",
    "statusCode",
    "scheme",
    "creationTimestamp",
    "sessionPersistence",
    "",
];

/// Random numbers (xorshift), as good as this needs.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap_or_default()
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// Another world near the one in `data[..size]`, written over it; its length. `None` where it is not a world, or would be too
/// long.
pub fn mutate(data: &mut [u8], size: usize, most: usize, seed: u32) -> Option<usize> {
    let text = std::str::from_utf8(&data[..size]).ok()?;
    let mut documents: Vec<Value> = text.split("\n---\n").map(serde_json::from_str).collect::<Result<_, _>>().ok()?;
    let mut random = Random(u64::from(seed) << 16 | 0x9e37);
    for _ in 0..=random.below(3) {
        change(&mut documents, &mut random);
    }
    let text = documents.iter().map(Value::to_string).collect::<Vec<_>>().join("\n---\n");
    if text.len() > most || text.len() > data.len() {
        return None;
    }
    data[..text.len()].copy_from_slice(text.as_bytes());
    Some(text.len())
}

fn change(documents: &mut Vec<Value>, random: &mut Random) {
    if documents.is_empty() {
        documents.push(json!({}));
    }
    let at = random.below(documents.len());
    match random.below(16) {
        0 => drop(documents.remove(at)),
        1 => {
            let mut copy = documents[at].clone();
            if random.below(2) == 0
                && let Some(name) = copy.pointer_mut("/metadata/name")
            {
                *name = json!(format!("r{}", random.below(6)));
            }
            documents.push(copy);
        }
        2 => {
            let other = random.below(documents.len());
            documents.swap(at, other);
        }
        // Another value of this world takes its place: most of the time one of the same key.
        3..=6 => {
            let from = random.below(documents.len());
            let (key, value) = picked(&documents[from], random);
            let target = &mut documents[at];
            match key.filter(|_| random.below(4) > 0).and_then(|key| by_key(target, &key, random)) {
                Some(place) => *place = value,
                None => *place(target, random) = value,
            }
        }
        _ => edit(place(&mut documents[at], random), random),
    }
}

fn edit(value: &mut Value, random: &mut Random) {
    match value {
        Value::Object(entries) if random.below(3) > 0 => {
            let key = entries.keys().nth(random.below(entries.len())).cloned();
            match (random.below(3), key) {
                (0, Some(key)) => drop(entries.shift_remove(&key)),
                (1, Some(key)) => {
                    let inner = entries.shift_remove(&key).unwrap_or_default();
                    entries.insert((*random.one(KEYS)).to_owned(), inner);
                }
                _ => drop(entries.insert((*random.one(KEYS)).to_owned(), junk(random))),
            }
        }
        Value::Array(items) if random.below(4) > 0 => {
            let at = random.below(items.len());
            match random.below(4) {
                0 if !items.is_empty() => drop(items.remove(at)),
                1 if !items.is_empty() => items.rotate_left(at),
                2 if !items.is_empty() => items.push(items[at].clone()),
                _ => items.push(junk(random)),
            }
        }
        Value::String(text) if random.below(3) > 0 => match random.below(4) {
            0 => *text = (*random.one(TEXTS)).to_owned(),
            1 => text.push_str(random.one::<&str>(TEXTS)),
            2 => drop(text.pop()),
            _ => *text = text.repeat(1 + random.below(3)),
        },
        Value::Number(number) if random.below(3) > 0 => {
            let by = [-1, 1, 1 << 16, i64::MAX][random.below(4)];
            *value = json!(number.as_i64().unwrap_or_default().wrapping_add(by));
        }
        other => *other = junk(random),
    }
}

fn junk(random: &mut Random) -> Value {
    match random.below(8) {
        0 => Value::Null,
        1 => json!(random.below(2) == 1),
        2 => json!([0, 1, -1, 80, 443, 65_536, i64::MIN, i64::MAX][random.below(8)]),
        3 => json!(1.5),
        4 => json!([]),
        5 => json!({}),
        _ => json!(random.one(TEXTS)),
    }
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(entries) => entries.values().map(count).sum(),
        _ => 0,
    }
}

/// Any value within a value, itself included.
fn place<'v>(value: &'v mut Value, random: &mut Random) -> &'v mut Value {
    let mut at = random.below(count(value));
    nth(value, &mut at)
}

fn nth<'v>(value: &'v mut Value, at: &mut usize) -> &'v mut Value {
    if *at == 0 {
        return value;
    }
    *at -= 1;
    let inside: Box<dyn Iterator<Item = &mut Value>> = match value {
        Value::Array(items) => Box::new(items.iter_mut()),
        Value::Object(entries) => Box::new(entries.values_mut()),
        _ => unreachable!("there are so many values"),
    };
    for inner in inside {
        let size = count(inner);
        if *at < size {
            return nth(inner, at);
        }
        *at -= size;
    }
    unreachable!("there are so many values")
}

/// A value, and the key that it stands under.
fn picked(value: &Value, random: &mut Random) -> (Option<String>, Value) {
    let mut all = Vec::new();
    list(value, None, &mut all);
    let (key, value) = *random.one(&all);
    (key.map(str::to_owned), value.clone())
}

fn list<'v>(value: &'v Value, key: Option<&'v str>, all: &mut Vec<(Option<&'v str>, &'v Value)>) {
    all.push((key, value));
    match value {
        Value::Array(items) => items.iter().for_each(|item| list(item, key, all)),
        Value::Object(entries) => entries.iter().for_each(|(key, inner)| list(inner, Some(key), all)),
        _ => {}
    }
}

/// One of the values that stand under a key.
fn by_key<'v>(value: &'v mut Value, key: &str, random: &mut Random) -> Option<&'v mut Value> {
    let mut found = Vec::new();
    with_key(value, key, &mut found);
    let at = random.below(found.len());
    (at < found.len()).then(|| found.swap_remove(at))
}

fn with_key<'v>(value: &'v mut Value, key: &str, found: &mut Vec<&'v mut Value>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| with_key(item, key, found)),
        Value::Object(entries) => {
            for (name, inner) in entries {
                if name == key { found.push(inner) } else { with_key(inner, key, found) }
            }
        }
        _ => {}
    }
}
