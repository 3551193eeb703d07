//! Reads `tests/support/fixtures/event-streams.json`.

use super::naive::Outcome;
use serde_json::Value;
use std::{fs, path::Path};

/// A stream and its expected outcome.
pub struct Fixture {
    pub name: String,
    pub stream: Vec<u8>,
    pub expected: Outcome,
}

pub fn fixtures() -> Vec<Fixture> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/fixtures/event-streams.json");
    let rows: Vec<Value> = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    rows.iter()
        .map(|row| {
            let stream = text(&row["stream"]);
            let stream = if row["latin1"] == true {
                stream.chars().map(|character| character as u8).collect()
            } else {
                stream.into_bytes()
            };
            let events: Vec<_> = row["events"].as_array().unwrap().iter().collect();
            let last = events.last().map_or(String::new(), |event| text(&event[2]));
            let expected = Outcome {
                last_event_id: row.get("lastEventId").map_or(last, text),
                reconnection_time: row.get("reconnectionTime").map(|time| time.as_u64().unwrap()),
                events: events
                    .iter()
                    .map(|event| (text(&event[0]), text(&event[1]), text(&event[2])))
                    .collect(),
                ..Outcome::default()
            };
            Fixture { name: text(&row["name"]), stream, expected }
        })
        .collect()
}
