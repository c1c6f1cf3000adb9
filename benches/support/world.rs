//! Worlds of any size to measure with: one Gateway, hosts whose parents delegate by label, teams in 500 namespaces
//! whose routes have the labels, some of which delegate further by name. The same seed gives the same bytes.
//!
//! ```text
//! Gateway platform/edge
//!  └ platform/host-7      h7.example.com      one rule per group: /g3 ⇢ label host-7-g3, any namespace
//!     └ team-042/r12345   label host-7-g3     /g3/r12345/… → Services of the team
//!        └ team-042/r12346   (one route in ten) reached by name from the route before it
//! ```

use std::fmt::Write;

/// How many namespaces the teams have.
pub const NAMESPACES: usize = 500;
/// How many routes a host has, about.
const ROUTES_PER_HOST: usize = 2_000;
/// How many prefixes each host's parent delegates: as many as an `HTTPRoute` may have rules.
const GROUPS_PER_HOST: usize = 16;

/// A generated world.
pub struct World {
    /// File names and their YAML.
    pub files: Vec<(String, String)>,
    /// A URL that a rule of a team takes.
    pub hit: String,
    /// A URL on the same host that nobody takes.
    pub miss: String,
}

/// A small generator of numbers (splitmix64): the world must not change with a dependency's version.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap_or(0)
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// A world of `routes` `HTTPRoutes` of about 1.2 KB of YAML each.
pub fn generate(routes: usize, seed: u64) -> World {
    let mut numbers = Numbers(seed);
    let hosts = (routes / ROUTES_PER_HOST).max(1);
    let mut files = vec![("platform.yaml".to_owned(), platform(hosts))];
    let mut teams = vec![String::new(); NAMESPACES.min(routes)];
    for (team, text) in teams.iter_mut().enumerate() {
        team_objects(text, team);
    }

    let mut hit = String::new();
    let children = routes - hosts;
    let mut number = 0;
    while number < children {
        let team = numbers.below(teams.len());
        let (host, group) = (numbers.below(hosts), numbers.below(GROUPS_PER_HOST));
        let text = &mut teams[team];
        let path = format!("/g{group}/r{number}");
        if hit.is_empty() && number >= children / 2 {
            hit = format!("http://h{host}.example.com{path}/b/details");
        }
        let below = (numbers.one_in(10) && number + 1 < children).then_some(number + 1);
        route(text, &mut numbers, number, team, &format!("host-{host}-g{group}"), &path, below);
        number += 1;
        if below.is_some() {
            route(text, &mut numbers, number, team, "", &format!("{path}/a"), None);
            number += 1;
        }
    }
    files.extend(teams.into_iter().enumerate().map(|(team, text)| (format!("team-{team:03}.yaml"), text)));
    let miss = format!("{}/nobody/here", &hit[..hit.find(".com").map_or(hit.len(), |at| at + 4)]);
    World { files, hit, miss }
}

/// The Gateway, and the parent of each host.
fn platform(hosts: usize) -> String {
    let mut text = String::from(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata:\n  name: edge\n  namespace: platform\n\
         spec:\n  gatewayClassName: kgateway\n  listeners:\n  - name: http\n    protocol: HTTP\n    port: 80\n",
    );
    for host in 0..hosts {
        let _ = write!(
            text,
            "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata:\n  name: host-{host}\n  \
             namespace: platform\nspec:\n  parentRefs:\n  - name: edge\n  hostnames:\n  - h{host}.example.com\n  rules:\n"
        );
        for group in 0..GROUPS_PER_HOST {
            let _ = write!(
                text,
                "  - matches:\n    - path:\n        type: PathPrefix\n        value: /g{group}\n    backendRefs:\n    \
                 - group: delegation.kgateway.dev\n      kind: label\n      name: host-{host}-g{group}\n      \
                 namespace: all\n"
            );
        }
    }
    text
}

/// A team's Namespace and its Services.
fn team_objects(text: &mut String, team: usize) {
    let _ = write!(text, "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: team-{team:03}\n");
    for service in ["web", "api", "jobs"] {
        let _ = write!(
            text,
            "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: {service}\n  namespace: team-{team:03}\nspec:\n  \
             ports:\n  - name: http\n    port: 8080\n"
        );
    }
}

/// One team route: three rules, the first of which delegates to route `below` when there is one.
fn route(
    text: &mut String,
    numbers: &mut Numbers,
    number: usize,
    team: usize,
    label: &str,
    path: &str,
    below: Option<usize>,
) {
    let _ = write!(
        text,
        "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata:\n  name: r{number}\n  \
         namespace: team-{team:03}\n  creationTimestamp: \"2026-0{}-{:02}T{:02}:{:02}:{:02}Z\"\n  labels:\n    \
         app.kubernetes.io/name: r{number}\n    app.kubernetes.io/part-of: team-{team:03}\n    \
         app.kubernetes.io/managed-by: argo-cd\n",
        1 + numbers.below(9),
        1 + numbers.below(28),
        numbers.below(24),
        numbers.below(60),
        numbers.below(60),
    );
    if !label.is_empty() {
        let _ = writeln!(text, "    delegation.kgateway.dev/label: {label}");
    }
    let _ = write!(
        text,
        "  annotations:\n    argocd.argoproj.io/tracking-id: \
         \"teams:gateway.networking.k8s.io/HTTPRoute:team-{team:03}/r{number}\"\nspec:\n  rules:\n"
    );
    for (rule, part) in ["/a", "/b", ""].into_iter().enumerate() {
        let _ = writeln!(text, "  - matches:\n    - path:\n        type: PathPrefix\n        value: {path}{part}");
        if rule == 1 && numbers.one_in(3) {
            text.push_str("      method: GET\n    - path:\n        type: Exact\n");
            let _ = writeln!(text, "        value: {path}/b/list");
        }
        if rule == 2 && numbers.one_in(3) {
            text.push_str("      headers:\n      - name: x-tenant\n        value: blue\n");
        }
        if rule == 1 {
            text.push_str(
                "    filters:\n    - type: RequestHeaderModifier\n      requestHeaderModifier:\n        set:\n        \
                 - name: x-team\n          value: ours\n",
            );
        }
        match below {
            Some(below) if rule == 0 => {
                let _ = writeln!(
                    text,
                    "    backendRefs:\n    - group: gateway.networking.k8s.io\n      kind: HTTPRoute\n      name: r{below}"
                );
            }
            _ => {
                let service = ["web", "api", "jobs"][numbers.below(3)];
                let _ = writeln!(
                    text,
                    "    timeouts:\n      request: 15s\n    backendRefs:\n    - name: {service}\n      port: 8080\n      \
                     weight: 100"
                );
            }
        }
    }
}
