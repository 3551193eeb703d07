//! The test server with axum's `Sse`.

use std::convert::Infallible;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::stream::{self, Stream, StreamExt};
use serde::Deserialize;
use tokio::net::TcpListener;

const RETRY: Duration = Duration::from_millis(30);
const KEEP_ALIVE: Duration = Duration::from_millis(100);

static FEED: LazyLock<Vec<FeedEvent>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../feed.json")).expect("feed.json is a list of events")
});

static OPEN: AtomicI32 = AtomicI32::new(0);

#[derive(Deserialize)]
struct FeedEvent {
    id: String,
    event: String,
    data: String,
}

#[derive(Deserialize)]
struct Question {
    words: Vec<String>,
    ends: bool,
}

/// Counts a stream until axum drops it.
struct Open;

impl Open {
    fn new() -> Self {
        OPEN.fetch_add(1, Ordering::SeqCst);
        Self
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::SeqCst);
    }
}

fn respond(
    events: impl Stream<Item = Event> + Send + 'static,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let open = Open::new();
    let events = events.map(move |event| {
        let _ = &open;
        Ok(event)
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

async fn feed(headers: HeaderMap) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let last = headers.get("last-event-id").map(|id| id.as_bytes());
    let begin = FEED.iter().position(|event| Some(event.id.as_bytes()) == last).map_or(0, |index| index + 1);
    let events = FEED
        .iter()
        .skip(begin)
        .take(3)
        .map(|event| Event::default().id(&event.id).event(&event.event).data(&event.data).retry(RETRY));
    // After the last events of the feed, the stream stays open. Otherwise it ends.
    let rest = if begin + 3 >= FEED.len() {
        stream::pending().left_stream()
    } else {
        stream::empty().right_stream()
    };
    respond(stream::iter(events).chain(rest))
}

async fn answer(
    Json(Question { words, ends }): Json<Question>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let words = if ends {
        stream::iter(words).left_stream()
    } else {
        stream::iter(words.into_iter().cycle()).right_stream()
    };
    respond(words.then(async |word| {
        tokio::time::sleep(Duration::from_millis(5)).await;
        Event::default().event("word").data(word)
    }))
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let app = Router::new()
        .route("/feed", get(feed))
        .route("/answer", post(answer))
        .route("/open", get(async || Json(OPEN.load(Ordering::SeqCst))));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("the port that was taken");
    println!(r#"{{"origin":"http://{address}"}}"#);
    axum::serve(listener, app).await.expect("the server goes on");
}
