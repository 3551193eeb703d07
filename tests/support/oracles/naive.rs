//! A simple parser of whole event streams, written from the standard, without chunks or optimizations. The tests
//! compare the scanner with it.

/// The result of parsing a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The dispatched events: type, data, last event ID.
    pub events: Vec<(String, String, String)>,
    /// The last event ID string at the stream's end.
    pub last_event_id: String,
    /// The reconnection time, if the stream set one.
    pub reconnection_time: Option<u64>,
    /// All comments.
    pub comments: Vec<String>,
    /// Lines that the standard ignores.
    pub ignored: Vec<String>,
}

impl Outcome {
    /// Without comments and ignored lines.
    pub fn of_standard(self) -> Self {
        self.only(false, false)
    }

    /// Drops the comments or the ignored lines, unless the flags keep them.
    pub fn only(self, comments: bool, ignored_lines: bool) -> Self {
        Self {
            comments: if comments { self.comments } else { Vec::new() },
            ignored: if ignored_lines { self.ignored } else { Vec::new() },
            ..self
        }
    }
}

/// Decodes, splits and interprets a stream (spec "Parsing an event stream", "Interpreting an event stream").
pub fn parse(stream: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(stream);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut lines: Vec<&str> = text.split('\n').collect();
    // The text after the last line end isn't a line yet.
    lines.pop();

    let mut outcome = Outcome::default();
    let (mut data, mut event_type, mut id_buffer) = (String::new(), String::new(), String::new());
    for line in lines {
        if line.is_empty() {
            outcome.last_event_id.clone_from(&id_buffer);
            if let Some(data) = data.strip_suffix('\n') {
                let event_type = if event_type.is_empty() { "message" } else { &event_type };
                outcome.events.push((event_type.to_owned(), data.to_owned(), id_buffer.clone()));
            }
            data.clear();
            event_type.clear();
            continue;
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "" => outcome.comments.push(value.to_owned()),
            "data" => data = data + value + "\n",
            "event" => event_type = value.to_owned(),
            "id" if value.contains('\0') => {}
            "id" => id_buffer = value.to_owned(),
            "retry" if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                outcome.reconnection_time =
                    Some(value.parse().map_or(1 << 53, |time: u64| time.min(1 << 53)));
            }
            _ => outcome.ignored.push(line.to_owned()),
        }
    }
    outcome
}
