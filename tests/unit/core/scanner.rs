//! Tests the scanner on streams cut at every position, against expected events and the naive parser.

#[path = "../../support/oracles/mod.rs"]
mod oracles;

use eventsource_wasm::core::{MAX_ROWS, Scanner, ScannerOptions, Table, WINDOW_SIZE, Window, row::EVENT};
use oracles::{
    chunks::{Reader, check, everything, parse, parse_shared},
    fixtures::{Fixture, fixtures},
    naive,
};
use proptest::{collection::vec, prelude::*, sample::select};

/// Options with a limit of 100 bytes per event.
const LIMITED: ScannerOptions = ScannerOptions { max_event_size: 100, comments: false, ignored_lines: false };

#[test]
fn the_naive_parser_agrees_with_the_fixtures() {
    assert!(fixtures().len() > 40);
    for Fixture { name, stream, expected } in fixtures() {
        assert_eq!(naive::parse(&stream).of_standard(), expected, "{name}");
    }
}

#[test]
fn every_fixture_whole_byte_by_byte_and_at_every_cut() {
    for Fixture { name, stream, .. } in fixtures() {
        check(&stream, [&stream[..]], &name);
        check(&stream, stream.chunks(1), &name);
        check(&stream, stream.chunks(3), &name);
        for cut in 0..=stream.len() {
            let (head, tail) = stream.split_at(cut);
            check(&stream, [head, tail], &format!("{name}, cut at {cut}"));
            check(&stream, [head, b"", tail], &format!("{name}, cut at {cut} with an empty chunk"));
        }
    }
}

#[test]
fn all_fixtures_as_one_stream() {
    let stream: Vec<u8> =
        fixtures().iter().flat_map(|fixture| [&fixture.stream[..], b"\n\n"].concat()).collect();
    for size in [1, 2, 7, 64, 1_000, 4_096, stream.len()] {
        check(&stream, stream.chunks(size), &format!("in chunks of {size}"));
    }
}

#[test]
fn p3_an_event_that_ends_in_cr_is_dispatched_without_waiting_for_the_next_byte() {
    for stream in ["data: x\r\r", "data: x\n\r", "data: x\r\n\r", "data: x\r\n\n"] {
        let events = parse(ScannerOptions::default(), [stream.as_bytes()]).unwrap().events;
        assert_eq!(events.len(), 1, "{stream:?}");
    }
}

#[test]
fn p11_a_new_stream_drops_the_unfinished_event_of_the_previous_one() {
    let mut reader = Reader::new(everything());
    let mut feed = |bytes: &[u8]| {
        reader.reset();
        reader.feed(bytes);
        std::mem::take(&mut reader.outcome.events)
    };
    let event = |data: &str, id: &str| ("message".to_owned(), data.to_owned(), id.to_owned());
    assert_eq!(feed(b"id: 1\ndata: a\n\nid: 2\nevent: e\ndata: b\n"), [event("a", "1")]);
    // A byte order mark is dropped at the start of the second stream, too.
    assert_eq!(feed("\u{feff}data: c\n\n".as_bytes()), [event("c", "1")]);
    // An LF at the start of a stream is an empty line, even after a stream that ended in CR.
    assert_eq!(feed(b"data: d\r\r"), [event("d", "1")]);
    assert_eq!(feed(b"\ndata: e\n\n"), [event("e", "1")]);
    // After a malformed stream, an incomplete sequence, and an unfinished line.
    assert_eq!(feed(b"data: \xff\n\ndata: \xf0\x9f"), [event("\u{fffd}", "1")]);
    assert_eq!(feed(b"data: f\n\nda"), [event("f", "1")]);
    assert_eq!(feed(b"data: g\n\n"), [event("g", "1")]);
}

#[test]
fn a_byte_order_mark_in_any_chunks_is_dropped_once_and_only_at_the_start() {
    let mark = "\u{feff}";
    for stream in [
        format!("{mark}data: a\n\n"),
        format!("{mark}{mark}data: a\n\ndata: b\n\n"),
        format!("\n{mark}data: a\n\ndata: b\n\n"),
        format!("{mark}:{mark}\n{mark}"),
        format!("{mark}\n\ndata: {mark}\n\n"),
        mark.to_owned(),
    ] {
        // A later malformed byte changes how the whole stream is decoded, including the mark.
        for stream in [stream.as_bytes(), &[stream.as_bytes(), b"data: \xff\n\n"].concat()] {
            for first in 0..=stream.len().min(8) {
                for second in first..=stream.len().min(8) {
                    let cuts = [&stream[..first], &stream[first..second], &stream[second..]];
                    check(stream, cuts, &format!("{stream:x?} cut at {first} and {second}"));
                }
            }
        }
    }
    // An incomplete mark is malformed UTF-8.
    for stream in
        [&b"\xef\xbbdata: a\n\ndata: b\n\n"[..], b"\xefdata: a\n\ndata: b\n\n", b"\xef\xbb\xef\xbb\xbf\n"]
    {
        check(stream, [stream], "whole");
        check(stream, stream.chunks(1), "byte by byte");
    }
}

#[test]
fn crlf_is_one_line_end_at_every_cut() {
    let stream = "data: a\r\n\r\ndata: b\r\n\rdata: c\n\r\ndata: d\r\r\n\n\r\ndata: é\r\n\r\r\n".as_bytes();
    for first in 0..=stream.len() {
        for second in first..=stream.len() {
            let cuts = [&stream[..first], &stream[first..second], &stream[second..]];
            check(stream, cuts, &format!("cut at {first} and {second}"));
        }
    }
}

#[test]
fn events_before_a_too_large_event_are_dispatched_at_every_cut() {
    let large = "x".repeat(100);
    for too_large in [
        format!("data: {large}"),
        format!("data: {large}\n\n"),
        format!("id: {large}\n\n"),
        format!("event: {large}\n\n"),
        "data: 34567890\n".repeat(10),
        format!("retry: {}", "0".repeat(100)),
    ] {
        let stream = format!("id: 1\ndata: a\n\n{too_large}");
        let stream = stream.as_bytes();
        let expected = [("message".to_owned(), "a".to_owned(), "1".to_owned())];
        for is_taken in [false, true] {
            for cut in 0..=stream.len() {
                let outcome = parse_shared(LIMITED, [&stream[..cut], &stream[cut..]], || is_taken);
                assert_eq!(outcome.expect_err("the limit is exceeded").events, expected, "cut at {cut}");
            }
            for size in [1, 5, 50] {
                let outcome = parse_shared(LIMITED, stream.chunks(size), || is_taken);
                assert_eq!(outcome.expect_err("the limit is exceeded").events, expected, "chunks of {size}");
            }
        }
    }
}

#[test]
fn an_event_of_exactly_the_limit_is_accepted() {
    let exact = format!("data: {}\n\n", "x".repeat(93));
    for size in [1, 7, exact.len()] {
        assert_eq!(parse(LIMITED, exact.as_bytes().chunks(size)).unwrap().events.len(), 1);
    }
    let longer = format!("data: {}\n\n", "x".repeat(94));
    for size in [1, 7, longer.len()] {
        assert!(parse(LIMITED, longer.as_bytes().chunks(size)).is_err());
    }
    // The size starts at zero for each event.
    let many = exact.repeat(20);
    for size in [1, 7, many.len()] {
        assert_eq!(parse(LIMITED, many.as_bytes().chunks(size)).unwrap().events.len(), 20);
    }
}

#[test]
fn other_lines_of_exactly_the_limit_are_accepted() {
    let everything = ScannerOptions { comments: true, ignored_lines: true, ..LIMITED };
    for (options, start, filling) in [
        (everything, ":", "x"),
        (everything, "", "x"),
        (everything, "retry: ", "0"),
        (LIMITED, "retry: ", "0"),
    ] {
        for (length, is_accepted) in [(99, true), (100, true), (101, false), (150, false)] {
            let stream = format!("{start}{}\ndata: a\n\n", filling.repeat(length - start.len()));
            for size in [1, 7, stream.len()] {
                let outcome = parse(options, stream.as_bytes().chunks(size));
                assert_eq!(
                    outcome.is_ok(),
                    is_accepted,
                    "{length} bytes of {start}{filling}, chunks of {size}"
                );
            }
        }
    }
}

#[test]
fn ignored_lines_have_no_limit() {
    let long = "x".repeat(1_000);
    let stream = format!(":{long}\n{long}: {long}\ndata: a\n: {long}\ndata{long}\n\n");
    for size in [1, 7, 100, stream.len()] {
        let outcome = parse(LIMITED, stream.as_bytes().chunks(size)).expect("no limit is exceeded");
        assert_eq!(outcome.events.len(), 1, "in chunks of {size}");
    }
}

#[test]
fn endless_comments_use_bounded_memory_inside_an_event_and_without_the_window() {
    for (start, comments) in [
        ("", false),
        ("id: 1\ndata: x\n", false),
        ("id: 1\ndata: x\n", true),
        (":", false),
        ("data: x\n:", false),
    ] {
        for is_taken in [false, true] {
            let mut reader = Reader::new(ScannerOptions { comments, ..ScannerOptions::default() });
            reader.feed(start.as_bytes());
            let line_end: &[u8] = if start.ends_with(':') { b"" } else { b"\n" };
            let comment = [b":", &[b'x'; 999][..], line_end].concat();
            for _ in 0..1_000 {
                reader.feed(&comment);
                if is_taken {
                    reader.lose_window();
                }
            }
            let longest = reader.longest_pending;
            assert!(longest <= WINDOW_SIZE, "{longest} after {start:?}, window taken: {is_taken}");
            reader.feed(b"\n\n");
            assert_eq!(reader.outcome.events.len(), usize::from(start.contains("data")), "{start:?}");
        }
    }
}

#[test]
fn a_chunk_without_a_row_is_not_decoded() {
    let mut reader = Reader::new(ScannerOptions::default());
    for piece in ["da", "ta: ", "x", "é", "\n", ": comment\n", "ignored\n"] {
        reader.feed(piece.as_bytes());
        assert_eq!(reader.decodes, 0, "{piece:?}");
    }
    reader.feed(b"\n");
    assert_eq!((reader.decodes, reader.outcome.events.len()), (1, 1));
}

#[test]
fn streams_longer_than_the_window_in_chunks_of_any_size() {
    let mut stream = Vec::new();
    for number in 0..600 {
        let text = ["plain ", "é", "世界", "😀"][number % 4].repeat(number % 97);
        stream.extend(format!("id: {number}\n: {text}\ndata: {text}\nevent: {text}\n").bytes());
        stream.extend(format!("data: {number}\nignored {text}\r\n\r\n").bytes());
    }
    assert!(stream.len() > 4 * WINDOW_SIZE);
    for size in [61, 1_021, WINDOW_SIZE - 1, WINDOW_SIZE, WINDOW_SIZE + 1, 100_003, stream.len()] {
        check(&stream, stream.chunks(size), &format!("in chunks of {size}"));
    }
    // A malformed byte near the end doesn't change the events before it.
    let last = stream.len() - 1_000;
    stream[last] = 0xff;
    for size in [1_021, WINDOW_SIZE, stream.len()] {
        check(&stream, stream.chunks(size), &format!("malformed, in chunks of {size}"));
    }
}

#[test]
fn lines_of_several_mebibytes() {
    let text = "plain, é, 世界, 😀; ".repeat(200_000);
    assert!(text.len() > 4 << 20);
    for stream in [
        format!("id: 1\ndata: {text}\n\ndata: x\n\n"),
        format!("data: a\ndata: {text}\nevent: {text}\n\n"),
        format!("data: a\n: {text}\n\n"),
        format!("data: a\n{text}: {text}\ndata: b\n\n"),
    ] {
        let expected = naive::parse(stream.as_bytes());
        for size in [1_000, 65_536, stream.len()] {
            let outcome = parse(everything(), stream.as_bytes().chunks(size)).unwrap();
            assert!(outcome == expected, "in chunks of {size}");
            let outcome = parse(ScannerOptions::default(), stream.as_bytes().chunks(size)).unwrap();
            assert!(outcome == expected.clone().of_standard(), "in chunks of {size}");
        }
    }
}

#[test]
fn thousands_of_short_lines_fill_the_table_repeatedly() {
    for lines in [
        "data\n\n",
        "\n",
        "data\n",
        "data\ndata\n\n",
        "id\n\n",
        "id\nid\nid\nevent\ndata\ndata\n\n",
        ":\n",
        "retry:1\n",
        "data\r\r",
        "data\r\n\r\n",
        "x\n",
        "data:é\n\n",
        "data:x\ndata:y\n:z\n\n",
    ] {
        // Different prefixes, so that the table becomes full after each line of the block.
        for start in ["", "data\n\n", "id\n", "data\ndata\n"] {
            let mut stream = start.as_bytes().to_vec();
            stream.extend(lines.repeat(2 * MAX_ROWS + 5).bytes());
            stream.extend(b"\n\n");
            let what = format!("{start:?} and many {lines:?}");
            check(&stream, [&stream[..]], &what);
            check(&stream, stream.chunks(4_099), &what);
        }
    }
}

#[test]
fn malformed_sequences_at_any_position_are_replaced_at_every_cut() {
    let sequences: [&[u8]; 16] = [
        b"\xff",
        b"\x80",
        b"\xc3",
        b"\xe4\xb8",
        b"\xf0\x9f\x98",
        b"\xed\xa0\x80",
        b"\xc0\xaf",
        b"\xf5\x80\x80\x80",
        b"\xe0\x80\x80",
        b"\xf4\x90\x80\x80",
        b"\xf0\x80\x80",
        b"\xe4\xe4\xb8\x96",
        b"\x80\xf0",
        b"\xff\x80",
        b"\xf8\x88\x80\x80\x80",
        b"\xfe\x80\x80\x80",
    ];
    let stream = "data: é\nid: 1\n\nevent: 世😀\ndata: x\ndata: y\r\n\r\n".as_bytes();
    for sequence in sequences {
        for at in 0..=stream.len() {
            let stream = [&stream[..at], sequence, &stream[at..], b"data: z\n\n"].concat();
            let what = format!("{sequence:x?} at {at}");
            check(&stream, [&stream[..]], &what);
            check(&stream, stream.chunks(1), &what);
            for cut in at..=at + sequence.len() {
                check(&stream, [&stream[..cut], &stream[cut..]], &format!("{what}, cut at {cut}"));
            }
        }
    }
    let stream = [stream, b"\xff\n", stream].concat();
    for cut in 0..=stream.len() {
        check(&stream, [&stream[..cut], &stream[cut..]], &format!("cut at {cut}"));
    }
}

#[test]
fn latin_1_is_not_taken_for_ascii() {
    // Stray lead and continuation bytes that produce as many code units as there are bytes.
    for data in [&b"caf\xe9"[..], b"\x80\xf0", b"\xff\x80", b"\xe9", b"\xc3a"] {
        let stream = [b"data: ", data, b"\n\n"].concat();
        let expected = String::from_utf8_lossy(data);
        let events = parse(ScannerOptions::default(), [&stream[..]]).unwrap().events;
        assert_eq!(events[0].1, expected, "{data:x?}");
    }
}

#[test]
fn reports_whether_a_window_is_ascii() {
    for (stream, expected) in [
        ("data: x\n\n", true),
        ("data: é\n\n", false),
        ("\u{feff}data: x\n\n", false),
        ("data: 😀\n\n", false),
        ("data: \x7f\0\n\n", true),
    ] {
        for padding in [0, 60, 64, 200] {
            let mut window: Box<Window> = Box::new([0xff; size_of::<Window>()]);
            let bytes = [stream.as_bytes(), "x".repeat(padding).as_bytes()].concat();
            window[..bytes.len()].copy_from_slice(&bytes);
            let mut table = Box::new(Table::EMPTY);
            let mut scanner = Scanner::new(ScannerOptions::default());
            let scan = scanner.scan(&window, bytes.len(), &mut table);
            assert_eq!((scan.decode, scan.is_ascii), (true, expected), "{stream:?}");
            assert_eq!((table.rows[0][0], table.scanned), (EVENT, bytes.len()));
            // The flag isn't carried over to the next window.
            window[..7].copy_from_slice(b"data\n\n\n");
            let scan = scanner.scan(&window, 7, &mut table);
            assert!(scan.is_ascii, "after {stream:?}");
        }
    }
}

#[test]
fn ignored_lines_have_rows_at_every_cut() {
    let options = ScannerOptions { ignored_lines: true, ..ScannerOptions::default() };
    let stream =
        "\u{feff}foo: é\ndata: a\r\nretry: soon\rretry\n{\"error\": 1}\nd\nretry: 7\n\ndatax\n".as_bytes();
    let expected = ["foo: é", "retry: soon", "retry", "{\"error\": 1}", "d", "datax"];
    for cut in 0..=stream.len() {
        let mut reader = Reader::new(options);
        for chunk in [&stream[..cut], &stream[cut..]] {
            reader.feed(chunk);
        }
        assert_eq!(reader.outcome.ignored, expected, "cut at {cut}");
        assert!(!reader.is_in_line());
        reader.feed(b"{");
        assert!(reader.is_in_line());
    }
}

/// Parts of random streams. They reach more of the scanner's branches than random bytes do.
#[test]
fn reports_whether_an_event_has_begun() {
    for (stream, expected) in [
        ("", false),
        ("\n", false),
        (": comment", false),
        ("foo: x\n", false),
        ("data:", true),
        ("event: a", true),
        ("id: 1", true),
        ("id: 1\n", true),
        ("data: x\n: comment", true),
        ("data: x\n\n", false),
        ("data: x\n\n: comment", false),
    ] {
        let mut reader = Reader::new(ScannerOptions::default());
        reader.feed(stream.as_bytes());
        assert_eq!(reader.is_in_event(), expected, "{stream:?}");
    }
}

fn piece() -> impl Strategy<Value = Vec<u8>> {
    let common = select(vec![
        "\n",
        "\n",
        "\n\n",
        "\r",
        "\r\n",
        "\r\n\r\n",
        ":",
        " ",
        "data",
        "data:",
        "data: ",
        "event",
        "event: ",
        "id",
        "id:",
        "id: ",
        "retry: ",
        "x",
        "é",
        "世",
        "😀",
        "\u{feff}",
        "\0",
        "1",
        "42",
        "message",
        "data: a\n",
        "data: b\n\n",
        "event: e\n",
        "id: 7\n",
        ": comment\n",
    ]);
    prop_oneof![
        8 => common.prop_map(|piece| piece.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 1..5),
        1 => (0..300_usize).prop_map(|length| vec![b'y'; length]),
    ]
}

/// Splits a stream at these cuts.
fn chunks<'a>(stream: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
    cuts.sort_unstable();
    let ends = cuts.iter().copied().chain([stream.len()]);
    let starts = [0].into_iter().chain(cuts.iter().copied());
    starts.zip(ends).map(|(start, end)| &stream[start..end]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_streams_at_random_cuts_match_the_naive_parser(
        pieces in vec(piece(), 0..60),
        cuts in vec(any::<prop::sample::Index>(), 0..8),
        taken in any::<u64>(),
    ) {
        let stream = pieces.concat();
        let chunks = chunks(&stream, &cuts);
        check(&stream, chunks.iter().copied(), "random cuts");
        let expected = naive::parse(&stream);
        for chunks in [chunks, stream.chunks(1).collect()] {
            let mut taken = taken;
            let outcome = parse_shared(everything(), chunks, || {
                taken = taken.rotate_left(1);
                taken & 1 == 1
            });
            prop_assert_eq!(outcome.as_ref(), Ok(&expected));
        }
        let outcome = parse(ScannerOptions::default(), stream.chunks(1));
        prop_assert_eq!(outcome, Ok(expected.of_standard()));
    }

    #[test]
    fn well_formed_text_is_never_treated_as_malformed(
        pieces in vec(piece(), 0..60),
        cuts in vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let text = String::from_utf8_lossy(&pieces.concat()).into_owned();
        let stream = text.as_bytes();
        let mut reader = Reader::new(everything());
        for chunk in chunks(stream, &cuts) {
            reader.feed(chunk);
            prop_assert!(!reader.is_malformed());
        }
        prop_assert_eq!(reader.outcome, naive::parse(stream));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn long_random_streams_at_random_cuts_match_the_naive_parser(
        pieces in vec(piece(), 50..400),
        copies in 10..60_usize,
        malformed in any::<Option<prop::sample::Index>>(),
        cuts in vec(any::<prop::sample::Index>(), 0..40),
    ) {
        // Start from valid text, so that most of the stream is read before the malformed byte.
        let text = String::from_utf8_lossy(&pieces.concat()).into_owned();
        let mut stream = text.repeat(copies).into_bytes();
        if let Some(malformed) = malformed && !stream.is_empty() {
            *malformed.get_mut(&mut stream) = 0xff;
        }
        check(&stream, chunks(&stream, &cuts), "random cuts of a long stream");
    }
}
