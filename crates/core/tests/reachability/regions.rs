//! Every request of a region: none breaks what is proved of all of them, and every counterexample breaks it.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;
use routescope_core::analysis::Analysis;
use routescope_core::expectation::{Asks, Backend, Expect, Failed, Test, Verdict, run};
use routescope_core::model::{Name, ObjectKey, PathKind, PathMatch, Position};
use routescope_core::reachability::Region;
use routescope_core::router::{Request, Scheme};

use crate::additions::with_streams;
use crate::worlds::{requests, requests_of_hosts, worlds, worlds_of_hosts};
use crate::{analyse, config, request};

fn asked(analysis: &Analysis, asks: Asks, expect: &Expect) -> Verdict {
    let test = Test { name: String::new(), at: Position::default(), asks, expect: expect.clone() };
    run(analysis, &test, &mut BTreeSet::new())
}

/// Whether a request that is written plainly is one of the region's.
pub fn is_within(region: &Region, request: &Request) -> bool {
    let path = request.path.as_str();
    let prefix = region.path.value.trim_end_matches('/');
    let under = || path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let host =
        region.host.as_ref().is_none_or(|host| request.host.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(host)));
    host && request.host.is_some()
        && region.scheme.is_none_or(|scheme| request.scheme == Some(scheme))
        && (region.port == request.port || (region.port.is_none() && region.scheme.is_none()))
        && (region.methods.is_empty() || region.methods.iter().any(|method| *method == request.method))
        && if region.path.kind == PathKind::Exact { path == region.path.value } else { under() }
        && !request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host") || name == ":authority")
}

/// A request breaks what is proved of its region, or the counterexample does not break it; else what came of the region.
pub fn held(
    analysis: &Analysis,
    region: &Region,
    expect: &Expect,
    requests: &[Request],
) -> Result<Verdict, TestCaseError> {
    let gateway = region.gateway.clone();
    let verdict = asked(analysis, Asks::All(region.clone()), expect);
    match &verdict {
        Verdict::Pass => {
            // Without a scheme a region is of the requests that come to a listener, whichever that is.
            let comes =
                |request: &&Request| region.scheme.is_some() || !analysis.decide(request, gateway.as_ref()).is_empty();
            let plain = |request: &&Request| !["/.", "//", "%", "\\"].iter().any(|odd| request.path.contains(odd));
            for request in requests.iter().filter(|request| is_within(region, request)).filter(plain).filter(comes) {
                let one = asked(analysis, Asks::Request { request: request.clone(), gateway: gateway.clone() }, expect);
                prop_assert!(
                    matches!(one, Verdict::Pass),
                    "{} breaks {:?} of {:?}: {:?}",
                    request,
                    expect,
                    region,
                    one
                );
            }
        }
        Verdict::Fail(failed) => {
            let Failed { request, .. } = &**failed;
            prop_assert!(is_within(region, request), "{} is not of {:?}", request, region);
            let one = asked(analysis, Asks::Request { request: request.clone(), gateway }, expect);
            prop_assert!(matches!(one, Verdict::Fail(_)), "{} keeps {:?} of {:?}", request, expect, region);
        }
        Verdict::Unknown(_) => {}
    }
    Ok(verdict)
}

fn key(namespace: &str, name: &str) -> ObjectKey {
    ObjectKey { namespace: namespace.into(), name: name.into() }
}

fn regions(hosts: &'static [&'static str], paths: &'static [&'static str]) -> impl Strategy<Value = Region> {
    let place = prop_oneof![
        3 => Just((None, None)),
        2 => Just((Some(Scheme::Http), None)),
        1 => Just((Some(Scheme::Http), Some(80))),
        1 => Just((Some(Scheme::Https), None)),
        1 => Just((None, Some(81))),
    ];
    let methods = select(vec![vec![], vec![], vec!["GET"], vec!["GET", "POST"], vec!["DELETE"]]);
    let gateway = select(vec![None, None, None, Some("gw1"), Some("gw2")]);
    (place, select(hosts), select(paths), methods, gateway).prop_map(
        |((scheme, port), host, path, methods, gateway)| {
            let (kind, value) = match path.strip_suffix("/**") {
                Some("") => (PathKind::PathPrefix, "/"),
                Some(prefix) => (PathKind::PathPrefix, prefix),
                None => (PathKind::Exact, path),
            };
            Region {
                scheme,
                port,
                host: (host != "*").then(|| host.to_owned()),
                path: PathMatch { kind, value: value.into() },
                methods: methods.into_iter().map(Name::from).collect(),
                gateway: gateway.map(|name| key("a", name)),
            }
        },
    )
}

fn expectations() -> impl Strategy<Value = Expect> {
    let namespace = || select(vec!["a", "b", "all"]);
    let backend =
        (namespace(), select(vec!["r1", "r2"]), prop::option::of(Just(80))).prop_map(|(namespace, name, port)| {
            Backend { kind: "Service".into(), namespace: namespace.into(), name: name.into(), port }
        });
    let plain = prop_oneof![
        2 => select(vec![404, 500, 301]).prop_map(|status| Expect { status: Some(status), ..Expect::default() }),
        2 => namespace().prop_map(|name| Expect { owner: Some(name.into()), ..Expect::default() }),
        2 => namespace().prop_map(|name| Expect { backend_namespace: Some(name.into()), ..Expect::default() }),
        1 => backend.prop_map(|backend| Expect { backend: Some(backend), ..Expect::default() }),
        1 => select(vec!["b.io", "a.io"]).prop_map(|host| Expect { upstream_host: Some(host.into()), ..Expect::default() }),
        1 => select(vec!["/a", "/"]).prop_map(|path| Expect { upstream_path: Some(path.into()), ..Expect::default() }),
        1 => (namespace(), select(vec!["r1", "r2"]))
            .prop_map(|(namespace, name)| Expect { via: Some(vec![key(namespace, name)]), ..Expect::default() }),
    ];
    let negative = plain.clone().prop_map(|not| Expect { not: Some(Box::new(not)), ..Expect::default() });
    let each = prop_oneof![3 => plain, 2 => negative];
    prop::collection::vec(each, 1..5).prop_map(|mut any| {
        if any.len() == 1 { any.remove(0) } else { Expect { any_of: Some(any), ..Expect::default() } }
    })
}

const HOSTS: &[&str] = &["a.io", "x.a.io", "b.io", "c.io", "*"];
const PATHS: &[&str] = &["/**", "/a/**", "/a/b/**", "/b/**", "/a", "/a/b", "/"];

proptest! {
    #![proptest_config(config(12))]

    #[test]
    fn no_request_breaks_what_is_proved_of_its_region(
        text in worlds(),
        weighted: bool,
        asks in prop::collection::vec((regions(HOSTS, PATHS), expectations()), 4),
        requests in prop::collection::vec(requests(), 40..60),
    ) {
        let analysis = analyse(&text, weighted, None);
        let requests: Vec<Request> = requests.into_iter().map(request).collect();
        for (region, expect) in &asks {
            let verdict = held(&analysis, region, expect, &requests)?;
            // What a backend receives may depend on more than is looked at.
            let paths = format!("{expect:?}").contains("upstream_path: Some");
            prop_assert!(paths || !matches!(verdict, Verdict::Unknown(_)), "{:?} {:?}: {:?}", region, expect, verdict);
        }
    }

    #[test]
    fn no_request_of_any_host_breaks_what_is_proved_of_its_region(
        text in prop_oneof![worlds_of_hosts(), with_streams(worlds_of_hosts())],
        asks in prop::collection::vec((regions(&["a.io", "x.a.io", "y.x.a.io", "b.io", "*"], PATHS), expectations()), 4),
        requests in prop::collection::vec(requests_of_hosts(), 40..60),
    ) {
        let analysis = analyse(&text, false, None);
        let requests: Vec<Request> = requests.into_iter().map(request).collect();
        for (region, expect) in &asks {
            held(&analysis, region, expect, &requests)?;
        }
    }

    #[test]
    fn agentgateway_keeps_what_is_proved_of_its_regions(
        text in worlds(),
        asks in prop::collection::vec((regions(HOSTS, PATHS), expectations()), 4),
        requests in prop::collection::vec(requests(), 40..60),
    ) {
        let analysis = analyse(&text, false, Some("agentgateway"));
        let requests: Vec<Request> = requests.into_iter().map(request).collect();
        for (region, expect) in &asks {
            held(&analysis, region, expect, &requests)?;
        }
    }
}
