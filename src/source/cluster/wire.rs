//! The client of one feed. kube's watcher begins watches again on its own and says nothing of it: what goes over the wire
//! tells when it did, keeps it from doing so in a tight loop, and ends the waiting for an answer that does not come.

use std::task::{Context, Poll};

use futures::future::BoxFuture;
use http::{Request, Response};
use kube::client::Body;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{Instant, sleep_until, timeout};

use super::pace::{Pace, spread};

/// A client that tells `begun` of every watch that the server has begun to answer.
pub(super) fn client(client: &kube::Client, pace: Pace, begun: UnboundedSender<()>) -> kube::Client {
    let namespace = client.default_namespace().to_owned();
    kube::Client::new(Wire { client: client.clone(), pace, begun, next: None }, namespace)
}

struct Wire {
    client: kube::Client,
    pace: Pace,
    begun: UnboundedSender<()>,
    /// When the next watch may begin.
    next: Option<Instant>,
}

impl tower::Service<Request<Body>> for Wire {
    type Response = Response<Body>;
    type Error = kube::Error;
    type Future = BoxFuture<'static, Result<Response<Body>, kube::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), kube::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (client, answer) = (self.client.clone(), self.pace.answer);
        let watches = request.uri().query().is_some_and(|query| query.contains("watch=true"));
        let begun = watches.then(|| self.begun.clone());
        let mut from = None;
        if watches {
            from = self.next;
            let now = Instant::now();
            self.next = Some(from.map_or(now, |from| from.max(now)) + spread(self.pace.restart));
        }
        Box::pin(async move {
            if let Some(from) = from {
                sleep_until(from).await;
            }
            let Ok(response) = timeout(answer, client.send(request)).await else {
                let error = format!("no answer within {} s", answer.as_secs_f32());
                return Err(kube::Error::Service(error.into()));
            };
            let response = response?;
            if let Some(begun) = begun
                && response.status().is_success()
            {
                let _ = begun.send(());
            }
            Ok(response)
        })
    }
}
