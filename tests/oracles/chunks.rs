//! A stream in chunks → what the parser makes of it, in the naive parser's terms.

use super::naive::{self, Outcome};
use eventsource_wasm::core::{Parser, ParserOptions, kind};

/// What the parser makes of a stream that comes in these chunks: the only place that drives it. Cuts the
/// decoded text by UTF-16 offsets, as the shim does. An error: the limit was met, and what came before.
pub fn parse<'a>(
    options: ParserOptions,
    chunks: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Outcome, Outcome> {
    let mut parser = Parser::new(options);
    let mut outcome = Outcome::default();
    for chunk in chunks {
        parser.space(chunk.len()).copy_from_slice(chunk);
        let batch = parser.parse();
        let text: Vec<u16> = String::from_utf8_lossy(batch.text).encode_utf16().collect();
        let cut = |start: u32, end: u32| {
            String::from_utf16(&text[start as usize..end as usize])
                .expect("no place divides a surrogate pair")
        };
        for &[kind, start, end, type_start, type_end, id_start, id_end] in batch.records {
            if kind & kind::SETS_ID != 0 {
                outcome.last_event_id = cut(id_start, id_end);
            }
            match kind & kind::MASK {
                kind::EVENT => {
                    let event_type = cut(type_start, type_end);
                    let event_type = if event_type.is_empty() { "message".to_owned() } else { event_type };
                    outcome.events.push((event_type, cut(start, end), outcome.last_event_id.clone()));
                }
                kind::DATA => {
                    let (_, data, _) = outcome.events.last_mut().expect("follows its event");
                    *data = [data, "\n", &cut(start, end)].concat();
                }
                kind::RETRY => outcome.reconnection_time = Some(u64::from(end) << 32 | u64::from(start)),
                kind::COMMENT => outcome.comments.push(cut(start, end)),
                kind::IGNORED => outcome.ignored.push(cut(start, end)),
                kind => assert_eq!(kind, kind::ID),
            }
        }
        if let Some(time) = batch.reconnection_time {
            assert_eq!(Some(time), outcome.reconnection_time);
        }
        if batch.too_large {
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
