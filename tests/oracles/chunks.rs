//! A stream in chunks → what the parser makes of it, in the naive parser's terms.

use super::naive::{self, Outcome};
use eventsource_wasm::core::{Parsed, Parser, ParserOptions, kind};

/// Gives the parser a chunk.
pub fn feed(parser: &mut Parser, chunk: &[u8]) -> Parsed {
    parser.space(chunk.len())[..chunk.len()].copy_from_slice(chunk);
    parser.parse(chunk.len())
}

/// What the parser makes of a stream that comes in these chunks: the only place that drives it. Cuts the
/// decoded text by UTF-16 offsets, as the shim does. An error: the limit was met, and what came before.
pub fn parse<'a>(
    options: ParserOptions,
    chunks: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Outcome, Outcome> {
    let mut parser = Parser::new(options);
    let mut outcome = Outcome::default();
    for chunk in chunks {
        let parsed = feed(&mut parser, chunk);
        let is_utf8 = str::from_utf8(parser.text()).is_ok();
        let before = parser.records().to_vec();
        parser.correct_records();
        assert!(!is_utf8 || parser.records() == before, "a correction of what is right");
        let text: Vec<u16> = String::from_utf8_lossy(parser.text()).encode_utf16().collect();
        let cut = |start: u32, end: u32| {
            String::from_utf16(&text[start as usize..end as usize])
                .expect("no place divides a surrogate pair")
        };
        for &[kind, start, end] in parser.records() {
            match kind & !kind::SETS_RETRY {
                kind::EVENT => {
                    let event = ("message".to_owned(), cut(start, end), outcome.last_event_id.clone());
                    outcome.events.push(event);
                }
                kind::ID => outcome.last_event_id = cut(start, end),
                kind @ (kind::DATA | kind::TYPE | kind::EVENT_ID) => {
                    let (event_type, data, id) = outcome.events.last_mut().expect("follows its event");
                    match kind {
                        kind::DATA => *data = [data, "\n", &cut(start, end)].concat(),
                        kind::TYPE => *event_type = cut(start, end),
                        _ => {
                            *id = cut(start, end);
                            outcome.last_event_id.clone_from(id);
                        }
                    }
                }
                kind::RETRY => outcome.reconnection_time = Some(u64::from(end) << 32 | u64::from(start)),
                kind::COMMENT => outcome.comments.push(cut(start, end)),
                kind::IGNORED => outcome.ignored.push(cut(start, end)),
                kind => panic!("no kind: {kind}"),
            }
        }
        if let Some(time) = parsed.reconnection_time {
            assert_eq!(Some(time), outcome.reconnection_time);
        }
        if parsed.too_large {
            return Err(outcome);
        }
    }
    // The bytes of an ID are kept as the server sent them: compare them decoded.
    assert_eq!(String::from_utf8_lossy(parser.last_event_id()), outcome.last_event_id);
    Ok(outcome)
}

/// Records what the standard ignores too.
pub fn everything() -> ParserOptions {
    ParserOptions { comments: true, ignored_lines: true, ..ParserOptions::default() }
}

/// Checks one cut, with what the standard ignores and without.
pub fn check<'a>(stream: &[u8], chunks: impl IntoIterator<Item = &'a [u8]> + Clone, what: &str) {
    let expected = naive::parse(stream);
    let with = parse(everything(), chunks.clone()).expect("no limit is met");
    assert_eq!(with, expected, "{what}");
    let without = parse(ParserOptions::default(), chunks).expect("no limit is met");
    assert_eq!(without, expected.of_standard(), "{what}");
}
