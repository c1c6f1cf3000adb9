//! Seeds: written when a target begins, of the examples, the cases and the random worlds of the property tests, so that they
//! never fall behind the product.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::worlds;

/// Random worlds that are written.
const WORLDS: usize = 300;

/// A seed that is longer makes a target slow; one that `run` would cut would be none.
const LONGEST: usize = 4_000;

/// Writes the seeds of a target into `target/seeds`.
pub fn write(target: &'static str) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let product = here.join("..");
    let manifests = [files(&product.join("examples")), files(&product.join("tests/cases"))].concat();
    let mut seeds = Seeds { target, folder: here.join("target/seeds").join(target) };
    let mut random = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    for path in manifests {
        let text = fs::read_to_string(&path).expect("a manifest is text");
        seeds.write("source", &text);
        let (ask, asked) = asked(&text);
        asked.iter().for_each(|request| seeds.write("request", request));
        expressions(&text).for_each(|pattern| seeds.write("re2", &format!("{pattern}\n/a/b")));
        if let Some(documents) = documents(&text) {
            seeds.write("world", &joined(&[&[ask][..], &documents].concat()));
            seeds.write("watch", &watched(&documents));
        }
    }
    for _ in 0..WORLDS {
        let world = worlds::worlds().new_tree(&mut random).expect("a world").current();
        let (url, method, headers) = worlds::requests().new_tree(&mut random).expect("a request").current();
        let requests = [vec![format!("{method} {url}")], headers.iter().map(ToString::to_string).collect()].concat();
        let ask = json!({ "kind": "Ask", "settings": [], "requests": [requests.join("  ")] });
        seeds.write("world", &format!("{ask}\n---\n{world}"));
        seeds.write("request", &requests.join("\n"));
    }
    for pasted in PASTED {
        seeds.write("request", pasted);
    }
    for pattern in PATTERNS {
        seeds.write("re2", &format!("{pattern}\n/a/b/c"));
    }
    for text in KUBECONFIGS {
        seeds.write("kubeconfig", text);
    }
    for text in ANSWERS {
        seeds.write("watch", text);
    }
    for number in 0..64u8 {
        // The steps are whatever the bytes stand for.
        let bytes: Vec<u8> = (0..10 + 2 * 12).map(|at: u32| (at * u32::from(number) * 131 % 251) as u8).collect();
        seeds.write_bytes("explorer", &bytes);
    }
}

struct Seeds {
    /// Whose seeds are written; those of others are passed over.
    target: &'static str,
    folder: PathBuf,
}

impl Seeds {
    fn write(&mut self, target: &str, text: &str) {
        self.write_bytes(target, text.as_bytes());
    }

    /// Under a name that its content gives: written again it is the same file.
    fn write_bytes(&mut self, target: &str, bytes: &[u8]) {
        if target != self.target || bytes.len() > LONGEST {
            return;
        }
        fs::create_dir_all(&self.folder).expect("a folder");
        let name = bytes
            .iter()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
        fs::write(self.folder.join(format!("{name:016x}")), bytes).expect("a seed");
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder of the product").flatten().map(|entry| entry.path());
    let mut all: Vec<PathBuf> =
        entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect();
    all.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    all.sort();
    all
}

/// What a case asks: as the first document of a world, and as requests.
fn asked(text: &str) -> (Value, Vec<String>) {
    let (mut settings, mut requests, mut plain) = (Vec::new(), Vec::new(), Vec::new());
    for line in text.lines().filter_map(|line| line.strip_prefix("# ")) {
        match line.split_once(' ') {
            Some(("settings:", words)) => settings.extend(words.split(' ').map(str::to_owned)),
            Some(("where" | "policies", rest)) => {
                let mut words = rest.split(" -> ").next().unwrap_or_default().splitn(2, ' ');
                let first = words.next().unwrap_or_default();
                let has_method = !first.contains(['/', '.']) && first.chars().all(|c| c.is_ascii_uppercase());
                let (method, rest) = if has_method {
                    (first, words.next().unwrap_or_default())
                } else {
                    ("GET", rest.split(" -> ").next().unwrap_or_default())
                };
                let (url, header) = rest.split_once(' ').unwrap_or((rest, ""));
                let parts = [url, header].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
                requests.push(format!("{method} {}", parts.join("  ")));
                plain.push(format!("{method} {}", parts.join("\n")));
            }
            _ => {}
        }
    }
    requests.truncate(4);
    (json!({ "kind": "Ask", "settings": settings, "requests": requests }), plain)
}

/// The documents of a manifest as JSON; `None` for one that is broken on purpose.
fn documents(text: &str) -> Option<Vec<Value>> {
    let all: Result<Vec<Value>, _> = serde_yaml::Deserializer::from_str(text).map(Value::deserialize).collect();
    all.ok().filter(|all| !all.is_empty())
}

fn joined(documents: &[Value]) -> String {
    documents.iter().map(Value::to_string).collect::<Vec<_>>().join("\n---\n")
}

/// What a cluster would send that holds these: lists, then a watch with one of them.
fn watched(documents: &[Value]) -> String {
    let of = |kind: &str| documents.iter().filter(|one| one["kind"] == kind).cloned().collect::<Vec<_>>();
    let list = |kind: &str| {
        let metadata = json!({ "resourceVersion": "7" });
        format!(
            "200\n{}",
            json!({ "kind": format!("{kind}List"), "apiVersion": "v1", "metadata": metadata, "items": of(kind) })
        )
    };
    let events = of("HTTPRoute").into_iter().map(|mut object| {
        object["metadata"]["resourceVersion"] = json!("8");
        json!({ "type": "MODIFIED", "object": object }).to_string()
    });
    let watch = format!("+200\n{}\n", events.collect::<Vec<_>>().join("\n"));
    // Streams of lists are refused, as by a server that does not have them.
    let refused = "400\n{}";
    [refused, refused, refused, &list("HTTPRoute"), &list("Gateway"), &list("Service"), &watch].join("\n===\n")
}

/// The expressions of a manifest, roughly.
fn expressions(text: &str) -> impl Iterator<Item = String> {
    let lines = text.lines().filter(|line| line.contains("RegularExpression"));
    lines.filter_map(|line| {
        let value = line.split("value: ").nth(1)?;
        Some(value.trim_matches(['"', '\'', '}', ']', ' ']).to_owned())
    })
}

const PASTED: &[&str] = &[
    "curl -sS -X POST 'https://a.io/x?y=1' -H 'Host: b.io' -H \"n: v\" --data-raw '{\"a\": 1}' --compressed",
    "GET /a/b HTTP/1.1\r\nHost: a.io\r\nUser-Agent: x\r\n\r\n",
    "10.0.0.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a?b HTTP/1.0\" 200 2326 \"-\" \"Mozilla/5.0\"",
    "[2024-01-01T00:00:00.000Z] \"GET /a HTTP/1.1\" 404 NR route_not_found - \"-\" 0 0 0 - \"-\" \"curl/8\" \"id\" \"a.io\" \"-\"",
    "{\"method\":\"GET\",\"path\":\"/a\",\"authority\":\"a.io\",\"response_code\":404,\"user_agent\":\"x\"}",
    "theme dark",
    "ns team-a",
    "https://[::1]:8443/a/../b%2f//c?q=%zz#frag",
    "user:secret@a.io/path",
];

const PATTERNS: &[&str] = &[
    ".*",
    "/a(b|c)+/?",
    "(?i)/A[^/]*",
    "[[:alpha:]]{2,5}",
    r"\d+\.\w*\b",
    r"\pL\p{Greek}",
    r"\Q.*\E",
    "x{900}",
    "(a{10}){10}",
    r"\C",
    "(?P<n>a)|b",
    "a**",
    "[z-a]",
    "(",
    r"\x{10FFFF}",
    "(?s-m:.)$",
    "^/a$",
    "[^[:^digit:]]",
    "é+",
    "(|a)*",
];

const KUBECONFIGS: &[&str] = &[
    "apiVersion: v1\nkind: Config\ncurrent-context: a\ncontexts: [{name: a, context: {cluster: c, user: u, namespace: n}}]\nclusters: [{name: c, cluster: {server: 'https://127.0.0.1:6443', insecure-skip-tls-verify: true}}]\nusers: [{name: u, user: {token: abc}}]\n",
    "current-context: a\ncontexts: [{name: a, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: 'http://u:p@h:1/x', proxy-url: 'socks5://p:1'}}]\nusers: [{name: u, user: {username: a, password: b}}]\n",
    "current-context: a\ncontexts: [{name: a, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: 'http://h', certificate-authority-data: YQ==}}]\nusers: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: x, args: [a], env: [{name: A, value: b}], interactiveMode: Never, provideClusterInfo: true}}}]\n===\n{\"apiVersion\": \"client.authentication.k8s.io/v1\", \"kind\": \"ExecCredential\", \"status\": {\"token\": \"t\", \"expirationTimestamp\": \"2030-01-01T00:00:00Z\"}}",
    "current-context: a\ncontexts: [{name: a, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: h}}]\nusers: [{name: u, user: {auth-provider: {name: oidc, config: {id-token: a.b.c}}, as: x, as-groups: [g]}}]\n",
    "current-context: a\ncontexts: [{name: a, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: 'https://h', tls-server-name: n, disable-compression: true}}]\nusers: [{name: u, user: {client-certificate-data: YQ==, client-key-data: YQ==}}]\n",
    "current-context: a\ncontexts: [{name: a, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: http://h}}]\nusers: [{name: u, user: {token: \"a\\n\"}}]\n",
    "\u{feff}a: &a [*a]\n",
    "::{",
];

const ANSWERS: &[&str] = &[
    "410\n{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"reason\":\"Expired\",\"code\":410,\"message\":\"gone\"}",
    "200\n{\"kind\":\"HTTPRouteList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"1\",\"continue\":\"abc\"},\"items\":[]}\n===\n200\n{\"metadata\":{\"resourceVersion\":\"1\",\"continue\":\"abc\"},\"items\":[]}",
    "200\n{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[{}]}\n===\n200\n{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,\"status\":\"Failure\",\"message\":\"x\",\"reason\":\"Expired\"}}\n",
    "200\n{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"HTTPRoute\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"5\",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}}\n{\"type\":\"DELETED\",\"object\":{\"metadata\":{\"name\":\"a\",\"namespace\":\"b\",\"resourceVersion\":\"6\"}}}\n",
    "+200\n{\"type\":",
    "403\n{\"kind\":\"Status\",\"code\":403,\"status\":\"Failure\",\"message\":\"no\",\"reason\":\"Forbidden\"}\n===\n404\n{}\n===\n429\n{}\n===\n503\n<html>",
];
