//! The client of one feed. kube's watcher begins watches again on its own and says nothing of it, and takes whatever a server
//! sends: what goes over the wire tells when a watch begins, keeps it from doing so in a tight loop, ends the waiting for an
//! answer that does not come, and holds pages and lines to their [limits](super::limits).

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Request, Response};
use http_body::{Body as _, Frame, SizeHint};
use kube::client::Body;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{Instant, Sleep, sleep, sleep_until, timeout};
use tower::BoxError;

use super::error::ClientError;
use super::limits::{self, Amount, Exceeded};
use super::timing::{Timeouts, jitter};

/// Whether a line of the watch has begun and not ended: what is shown may lack what it says.
pub(super) type Unfinished = Arc<AtomicBool>;

/// A client that tells `begun` of every watch that the server has begun to answer.
pub(super) fn client(
    client: &kube::Client,
    pace: Timeouts,
    begun: UnboundedSender<()>,
    unfinished: Unfinished,
) -> kube::Client {
    let namespace = client.default_namespace().to_owned();
    let wire = Wire { client: client.clone(), pace, begun, unfinished, next: None, pages: HashSet::new() };
    kube::Client::new(wire, namespace)
}

struct Wire {
    client: kube::Client,
    pace: Timeouts,
    begun: UnboundedSender<()>,
    unfinished: Unfinished,
    /// When the next watch may begin.
    next: Option<Instant>,
    /// The pages of the current list that were asked for.
    pages: HashSet<String>,
}

impl Wire {
    /// Whether one more page of the current list may be asked for.
    fn page(&mut self, query: &str) -> Result<(), ClientError> {
        let Some(token) = query.split('&').find_map(|pair| pair.strip_prefix("continue=")) else {
            self.pages.clear();
            return Ok(());
        };
        if !self.pages.insert(token.to_owned()) {
            return Err(ClientError::NoEnd("the server gives the same page of the list again and again"));
        }
        if self.pages.len() >= limits::PAGES {
            let limit = Amount::Count(limits::PAGES, "pages");
            return Err(ClientError::TooMuch(Exceeded { what: "the list", limit }));
        }
        Ok(())
    }
}

impl tower::Service<Request<Body>> for Wire {
    type Response = Response<Lines>;
    type Error = kube::Error;
    type Future = BoxFuture<'static, Result<Response<Lines>, kube::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), kube::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (client, answer) = (self.client.clone(), self.pace.answer);
        let query = request.uri().query().unwrap_or_default().to_owned();
        let watches = query.contains("watch=true");
        let begun = watches.then(|| self.begun.clone());
        let unfinished = Arc::clone(&self.unfinished);
        let mut from = None;
        if watches {
            from = self.next;
            let now = Instant::now();
            self.next = Some(from.map_or(now, |from| from.max(now)) + jitter(self.pace.restart));
        } else if let Err(error) = self.page(&query) {
            return Box::pin(async { Err(kube::Error::Service(error.into())) });
        }
        Box::pin(async move {
            unfinished.store(false, Ordering::Relaxed);
            if let Some(from) = from {
                sleep_until(from).await;
            }
            let Ok(response) = timeout(answer, client.send(request)).await else {
                return Err(kube::Error::Service(ClientError::Late(answer).into()));
            };
            let response = response?;
            let mut follows = false;
            if let Some(begun) = begun
                && response.status().is_success()
            {
                follows = true;
                let _ = begun.send(());
            }
            Ok(response.map(|body| Lines { body, follows, line: 0, patience: answer, ends: None, unfinished }))
        })
    }
}

/// A body in lines, of which none is too long and none takes for ever. One that is not in lines passes as it is: it was read
/// as a whole before.
struct Lines {
    body: Body,
    follows: bool,
    /// The bytes of the line that has begun.
    line: usize,
    /// How long a line may take from its first byte to its last.
    patience: Duration,
    /// When the line that has begun must have ended.
    ends: Option<Pin<Box<Sleep>>>,
    unfinished: Unfinished,
}

impl Lines {
    /// Takes more bytes in; whether no line among them is too long.
    fn take(&mut self, data: &[u8]) -> bool {
        let mut from = 0;
        for end in memchr::memchr_iter(b'\n', data) {
            if self.line + end - from > limits::LINE {
                return false;
            }
            (self.line, from, self.ends) = (0, end + 1, None);
        }
        self.line += data.len() - from;
        if self.line > 0 && self.ends.is_none() {
            self.ends = Some(Box::pin(sleep(self.patience)));
        }
        self.unfinished.store(self.line > 0, Ordering::Relaxed);
        self.line <= limits::LINE
    }
}

impl http_body::Body for Lines {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Ready(frame) => frame,
            Poll::Pending => {
                let late = self.ends.as_mut().is_some_and(|ends| ends.as_mut().poll(context).is_ready());
                return if late {
                    Poll::Ready(Some(Err(ClientError::NoEnd("a line of the watch does not end").into())))
                } else {
                    Poll::Pending
                };
            }
        };
        if self.follows
            && let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
            && !self.take(&data.clone())
        {
            let error = ClientError::TooMuch(Exceeded::bytes("a line of the watch", limits::LINE));
            return Poll::Ready(Some(Err(error.into())));
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Reads a body to its end, or to a limit.
pub(super) async fn read_up_to(body: Body, what: &'static str, limit: usize) -> Result<Vec<u8>, BoxError> {
    let mut body = std::pin::pin!(body);
    let mut bytes = Vec::new();
    while let Some(frame) = std::future::poll_fn(|context| body.as_mut().poll_frame(context)).await {
        if let Some(data) = frame?.data_ref() {
            if bytes.len() + data.len() > limit {
                return Err(ClientError::TooMuch(Exceeded::bytes(what, limit)).into());
            }
            bytes.extend_from_slice(data);
        }
    }
    Ok(bytes)
}
