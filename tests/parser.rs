//! The parser at every cut, against expected events and against the naive parser.

mod oracles;

use eventsource_wasm::core::{Parser, ParserOptions, kind};
use oracles::{
    chunks::{check, feed, parse},
    fixtures::{Fixture, fixtures},
    naive,
};
use proptest::{collection::vec, prelude::*, sample::select};

#[test]
fn fixtures_are_what_the_naive_parser_says() {
    assert!(fixtures().len() > 40);
    for Fixture { name, stream, expected } in fixtures() {
        assert_eq!(naive::parse(&stream).of_standard(), expected, "{name}");
    }
}

#[test]
fn fixtures_whole_and_byte_by_byte_and_at_every_cut() {
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
        let events = parse(ParserOptions::default(), [stream.as_bytes()]).unwrap().events;
        assert_eq!(events.len(), 1, "{stream:?}");
    }
}

#[test]
fn p11_the_last_event_id_survives_a_new_stream_and_what_was_unfinished_does_not() {
    let mut parser = Parser::new(ParserOptions::default());
    let mut feed = |bytes: &[u8]| {
        parser.reset();
        feed(&mut parser, bytes);
        (parser.records().to_vec(), parser.last_event_id().to_vec())
    };
    assert_eq!(feed(b"id: 1\ndata: a\n\nid: 2\ndata: b\n").1, b"1");
    // A BOM at the start of the second stream is dropped as well, and an LF after the first one's CR is none.
    let (events, id) = feed("\u{feff}data: c\n\n".as_bytes());
    assert_eq!((events.len(), events[0][0], id.as_slice()), (1, kind::EVENT, &b"1"[..]));
    feed(b"data: x\r\r");
    assert_eq!(feed(b"\ndata: y\n\n").0.len(), 1);
}

#[test]
fn events_that_an_earlier_stream_had_can_be_dropped() {
    let mut parser = Parser::new(ParserOptions { drop_replayed: true, ..ParserOptions::default() });
    parser.set_last_event_id(b"0");
    let mut data = |stream: &str| -> Vec<String> {
        parser.reset();
        feed(&mut parser, stream.as_bytes());
        let events = parser.records().iter().filter(|record| record[0] == kind::EVENT);
        events.map(|event| stream[event[1] as usize..event[2] as usize].to_owned()).collect()
    };
    assert_eq!(
        data("id: 0\ndata: a\n\nid: 1\ndata: b\n\nid: 1\ndata: c\n\nid: 2\ndata: d\n\n"),
        ["b", "c", "d"]
    );
    assert_eq!(data("id: 1\ndata: b\n\nid: 2\ndata: d\n\nid: 3\ndata: e\n\ndata: f\n\n"), ["e", "f"]);
    assert_eq!(data("id\ndata: g\n\nid\ndata: h\n\nid: 3\n\ndata: i\n\n"), ["g", "h", "i"]);
    assert_eq!(parser.last_event_id(), b"3");
}

#[test]
fn events_before_one_that_is_too_large_are_handed_over_whatever_the_cut() {
    let options = ParserOptions { max_event_size: 100, ..ParserOptions::default() };
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
        for size in [1, 5, 50, stream.len()] {
            let outcome = parse(options, stream.as_bytes().chunks(size)).expect_err("the limit is met");
            assert_eq!(outcome.events, [("message".to_owned(), "a".to_owned(), "1".to_owned())]);
        }
    }
}

#[test]
fn lines_that_nobody_wants_have_no_limit() {
    let options = ParserOptions { max_event_size: 100, ..ParserOptions::default() };
    let long = "x".repeat(1_000);
    let stream = format!(":{long}\n{long}: {long}\ndata: a\n: {long}\ndata{long}\n\n");
    for size in [1, 7, 100, stream.len()] {
        let outcome = parse(options, stream.as_bytes().chunks(size)).expect("no limit is met");
        assert_eq!(outcome.events.len(), 1, "in chunks of {size}");
    }
}

#[test]
fn endless_comments_take_no_memory_even_within_an_event() {
    for (start, comments) in
        [("", false), ("id: 1\ndata: x\n", false), ("id: 1\ndata: x\n", true), (":", false)]
    {
        let mut parser = Parser::new(ParserOptions { comments, ..ParserOptions::default() });
        let mut feed = |bytes: &[u8]| {
            feed(&mut parser, bytes);
            parser.buffer_size()
        };
        feed(start.as_bytes());
        let line_end: &[u8] = if start == ":" { b"" } else { b"\n" };
        let comment = [b":", &[b'x'; 999][..], line_end].concat();
        let largest = (0..10_000).map(|_| feed(&comment)).max().unwrap();
        assert!(largest < 32 << 10, "{largest} bytes after {start:?}");
    }
}

#[test]
fn a_large_buffer_is_let_go() {
    let mut parser = Parser::new(ParserOptions::default());
    let mut feed = |bytes: &[u8]| {
        assert!(!feed(&mut parser, bytes).too_large);
        parser.buffer_size()
    };
    feed(b"data: ");
    for _ in 0..1_000 {
        feed(&[b'x'; 4_096]);
    }
    assert!(feed(b"\n\n") > 4 << 20);
    assert!(feed(b"data: x\n\n") < 1 << 10);
}

/// Pieces of which streams are made that meet the parser's branches more often than random bytes do.
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, ..ProptestConfig::default() })]

    #[test]
    fn any_stream_at_any_cut_is_what_the_naive_parser_says(
        pieces in vec(piece(), 0..60),
        cuts in vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let stream = pieces.concat();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        cuts.sort_unstable();
        let ends = cuts.iter().copied().chain([stream.len()]);
        let starts = [0].into_iter().chain(cuts.iter().copied());
        let chunks: Vec<&[u8]> = starts.zip(ends).map(|(start, end)| &stream[start..end]).collect();
        check(&stream, chunks, "random cuts");
        check(&stream, stream.chunks(1), "byte by byte");
    }
}

#[test]
fn lines_that_the_standard_ignores_are_recorded_at_every_cut() {
    let options = ParserOptions { ignored_lines: true, ..ParserOptions::default() };
    let stream =
        "\u{feff}foo: é\ndata: a\r\nretry: soon\rretry\n{\"error\": 1}\nd\nretry: 7\n\ndatax\n".as_bytes();
    let expected = ["foo: é", "retry: soon", "retry", "{\"error\": 1}", "d", "datax"];
    for cut in 0..=stream.len() {
        let mut parser = Parser::new(options);
        let mut ignored = Vec::new();
        for chunk in [&stream[..cut], &stream[cut..]] {
            feed(&mut parser, chunk);
            let text: Vec<u16> = String::from_utf8_lossy(parser.text()).encode_utf16().collect();
            for record in parser.records().iter().filter(|record| record[0] == kind::IGNORED) {
                ignored.push(String::from_utf16(&text[record[1] as usize..record[2] as usize]).unwrap());
            }
        }
        assert_eq!(ignored, expected, "cut at {cut}");
        assert!(!parser.is_in_line());
    }
}
