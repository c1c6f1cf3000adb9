//! A cluster that answers anything. The input is answers, one for each request that is not discovery, between lines `===`:
//! a status code, a line end, a body. `+` before the code leaves the body open. After the last nothing is answered.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Frame;
use kube::client::Body;
use routescope_cluster::live::cluster_state::ClusterState;
use routescope_cluster::{Cluster, Status, Timeouts, WatchEvent, follow_at};
use routescope_core::analysis::Analysis;
use routescope_core::resolve::Settings;

/// So long a cluster is followed, by a clock that does not wait.
const FOLLOWED: Duration = Duration::from_secs(20);

/// More requests in that time would be a tight loop: three kinds, with a list and a watch after each pause.
const REQUESTS: usize = 3 * 40;

/// Nothing panics, whatever the server sends; it is not asked without end; a view that is current has read all.
pub fn watch(data: &[u8]) {
    let answers: VecDeque<Vec<u8>> = split(data).map(<[u8]>::to_vec).collect();
    let pages = answers.len();
    let server = Arc::new(Mutex::new((answers, 0usize)));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let asked = Arc::clone(&server);
    let runtime = runtime.expect("a runtime");
    let entered = runtime.enter();
    let client = kube::Client::new(
        tower::service_fn(move |request: Request<Body>| {
            let response = answer(&asked, request.uri());
            async move {
                match response {
                    Some(response) => Ok::<_, Infallible>(response),
                    None => std::future::pending().await,
                }
            }
        }),
        "default",
    );
    drop(entered);
    let news: Rc<RefCell<Vec<WatchEvent>>> = Rc::default();
    runtime.block_on(async {
        let cluster = Cluster::over(client);
        let mut follow = follow_at(&cluster, &[], Timeouts::default());
        let all = async {
            while let Some(one) = follow.news.recv().await {
                news.borrow_mut().push(one);
            }
        };
        let _ = tokio::time::timeout(FOLLOWED, all).await;
    });
    let requests = server.lock().expect("nobody panics with it").1;
    assert!(requests <= REQUESTS + pages, "{requests} requests in {FOLLOWED:?}");
    take(Rc::into_inner(news).expect("the only one").into_inner());
}

/// The world that the news come to.
fn take(news: Vec<WatchEvent>) {
    let mut known = ClusterState::new(Status::connecting("test".to_owned(), "http://test/".to_owned()));
    for one in news {
        known.take(one, SystemTime::UNIX_EPOCH);
    }
    let status = Arc::clone(known.status());
    if status.phase == routescope_cluster::Phase::Live {
        assert!(status.is_settled() && status.waiting == 0, "{status:?}");
    }
    let state = known.state();
    Analysis::of(Arc::new(state.snapshot), Settings::default(), state.findings);
}

fn split(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    const THEN: &[u8] = b"\n===\n";
    let mut rest = Some(data);
    std::iter::from_fn(move || {
        let text = rest?;
        match text.windows(THEN.len()).position(|part| part == THEN) {
            Some(at) => {
                rest = Some(&text[at + THEN.len()..]);
                Some(&text[..at])
            }
            None => rest.take(),
        }
    })
}

fn answer(server: &Mutex<(VecDeque<Vec<u8>>, usize)>, uri: &http::Uri) -> Option<Response<Answer>> {
    let respond = |code: u16, body: Answer| Response::builder().status(code).body(body).ok();
    let whole = |value: serde_json::Value| Answer { text: Some(Bytes::from(value.to_string())), open: false };
    let resources = |names: &[&str]| {
        let all = names.iter().map(|name| {
            serde_json::json!({ "name": name, "kind": "X", "namespaced": true, "verbs": ["list", "watch"], "singularName": "" })
        });
        let list = serde_json::json!({ "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "v1", "resources": all.collect::<Vec<_>>() });
        respond(200, whole(list))
    };
    match uri.path().trim_matches('/') {
        "apis/gateway.networking.k8s.io/v1" => return resources(&["httproutes", "gateways"]),
        "api/v1" => return resources(&["services"]),
        path if path.split('/').count() < 4 && !path.starts_with("api/v1/") => {
            let status = serde_json::json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 404, "reason": "NotFound", "message": "no" });
            return respond(404, whole(status));
        }
        _ => {}
    }
    let mut server = server.lock().expect("nobody panics with it");
    server.1 += 1;
    let answer = server.0.pop_front()?;
    let end = answer.iter().position(|byte| *byte == b'\n').unwrap_or(answer.len());
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let body = answer.get(end + 1..).unwrap_or_default().to_vec();
    let (open, code) = head.strip_prefix('+').map_or((false, head.as_str()), |code| (true, code));
    let code = code.trim().parse().ok().filter(|code| (200..600).contains(code)).unwrap_or(200);
    respond(code, Answer { text: Some(Bytes::from(body)), open })
}

/// A body of one piece, which ends or does not.
struct Answer {
    text: Option<Bytes>,
    open: bool,
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.text.take() {
            Some(text) => Poll::Ready(Some(Ok(Frame::data(text)))),
            None if self.open => Poll::Pending,
            None => Poll::Ready(None),
        }
    }
}
