//! What a person writes or pastes to ask: the first line is a URL, each other one a header; and all of it is what somebody
//! may paste, a line of an access log, and a command of the explorer.

use std::cell::OnceCell;

use routescope::access_log;
use routescope::tui::command;
use routescope::tui::paste::Pasted;
use routescope_core::analysis::Analysis;
use routescope_core::resolve::Settings;
use routescope_core::router::Request;
use routescope_core::store::Coverage;
use routescope_manifest::analyse_text;
use routescope_manifest::demo::DEMO;

thread_local! {
    static DEMO_WORLD: OnceCell<Analysis> = const { OnceCell::new() };
}

/// The quick lookup and the traced one agree; what is pasted can be asked or says why not.
pub fn request(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Some(logged) = access_log::read(&text) {
        let _ = Request::parse(&logged.url());
    }
    let _ = command::parse(&text);
    Pasted::read(&text).notice();
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let (method, url) = first.split_once(' ').unwrap_or(("GET", first));
    let Ok(mut request) = Request::parse(url).and_then(|request| request.with_method(method)) else { return };
    for line in lines {
        if let Ok(with) = request.clone().with_header(line) {
            request = with;
        }
    }
    DEMO_WORLD.with(|world| {
        agree(world.get_or_init(demo), &request);
    });
}

fn demo() -> Analysis {
    let text: Vec<&str> = DEMO.iter().map(|(_, text)| *text).collect();
    analyse_text(&text.join("\n---\n"), Coverage::closed(), Settings::default())
}

/// The quick lookup and the traced one give one answer.
pub fn agree(analysis: &Analysis, request: &Request) {
    let (quick, traced) = (analysis.decide(request, None), analysis.explain(request, None));
    assert_eq!(quick.len(), traced.len());
    for (quick, traced) in quick.iter().zip(&traced) {
        assert_eq!((quick.kind(), quick.status(), quick.row()), (traced.kind(), traced.status(), traced.row()));
        let (seen, told) = (&quick.outcome, &traced.outcome);
        assert_eq!((seen.upstream(), seen.location()), (told.upstream(), told.location()));
        assert!(quick.destinations().eq(traced.destinations()));
        assert_eq!(quick.unverified, traced.unverified);
    }
}
