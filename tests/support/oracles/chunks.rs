//! Drives the scanner as the shim does, from chunks to events. Almost all tests use the scanner through this module.

use super::{
    lossy::LossyDecoder,
    naive::{self, Outcome},
};
use eventsource_wasm::core::{Row, Scan, Scanner, ScannerOptions, Table, WINDOW_SIZE, Window, row};
use std::cell::RefCell;

/// The bytes that another stream leaves in the window. The scanner must not read them.
const OTHER_BYTES: u8 = b'\n';

thread_local! {
    /// Windows and tables of former readers. Allocating a pair takes longer than reading a short stream.
    static SPARE: RefCell<Vec<(Box<Window>, Box<Table>)>> = const { RefCell::new(Vec::new()) };
}

/// Reads one stream.
pub struct Reader {
    scanner: Scanner,
    window: Box<Window>,
    table: Box<Table>,
    /// The number of bytes in the window.
    filled: usize,
    /// The largest number of bytes that have been in the window.
    most_filled: usize,
    /// The number of bytes in the window that have been scanned.
    scanned: usize,
    /// The text before the window that is still needed, in UTF-16.
    pending: Vec<u16>,
    /// Set after malformed UTF-8.
    decoder: Option<LossyDecoder>,
    block: PendingBlock,
    /// The events and comments so far.
    pub outcome: Outcome,
    /// The longest text that was kept from one window to the next, in UTF-16 code units.
    pub longest_pending: usize,
    /// How often the window was decoded.
    pub decodes: usize,
    /// A limit was exceeded. Nothing may be fed after that.
    pub too_large: bool,
}

/// The fields of the unfinished block that have had rows.
#[derive(Default)]
struct PendingBlock {
    data: Option<String>,
    event_type: Option<String>,
    id: Option<String>,
}

impl Reader {
    /// A reader at the start of a stream.
    pub fn new(options: ScannerOptions) -> Self {
        let (window, table) = SPARE
            .with_borrow_mut(Vec::pop)
            .unwrap_or_else(|| (Box::new([OTHER_BYTES; size_of::<Window>()]), Box::new(Table::EMPTY)));
        Self {
            scanner: Scanner::new(options),
            window,
            table,
            filled: 0,
            most_filled: 0,
            scanned: 0,
            pending: Vec::new(),
            decoder: None,
            block: PendingBlock::default(),
            outcome: Outcome::default(),
            longest_pending: 0,
            decodes: 0,
            too_large: false,
        }
    }

    /// Begins a new stream.
    pub fn reset(&mut self) {
        self.scanner.reset();
        self.filled = 0;
        self.scanned = 0;
        self.pending.clear();
        self.decoder = None;
        self.block = PendingBlock::default();
    }

    /// Whether the stream is inside a line.
    pub fn is_in_line(&self) -> bool {
        self.scanner.is_in_line()
    }

    /// Whether the stream is inside an event.
    pub fn is_in_event(&self) -> bool {
        self.scanner.is_in_event()
    }

    /// Whether the stream has contained malformed UTF-8.
    pub fn is_malformed(&self) -> bool {
        self.decoder.is_some()
    }

    /// Reads the next chunk.
    pub fn feed(&mut self, chunk: &[u8]) {
        assert!(!self.too_large);
        if let Some(decoder) = &mut self.decoder {
            let text = decoder.decode(chunk);
            self.write(text.as_bytes());
        } else {
            self.write(chunk);
        }
    }

    /// Gives the window to another stream.
    pub fn lose_window(&mut self) {
        let used = self.filled;
        let keep_from = self.scanner.restart_window();
        self.table.length = 0;
        if !self.decode(keep_from) {
            self.replace_malformed(&[]);
            return self.lose_window();
        }
        self.window[self.filled..=used].fill(OTHER_BYTES);
    }

    /// Ends the stream. The next reader gets the cleared window and the table.
    pub fn into_outcome(self) -> Outcome {
        let Self { mut window, mut table, most_filled, outcome, .. } = self;
        window[..most_filled].fill(OTHER_BYTES);
        table.length = 0;
        SPARE.with_borrow_mut(|spare| spare.push((window, table)));
        outcome
    }

    fn write(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.too_large {
            let (piece, rest) = bytes.split_at(bytes.len().min(WINDOW_SIZE - self.filled));
            assert!(!piece.is_empty(), "the window is full, but the scanner didn't request decoding");
            self.window[self.filled..][..piece.len()].copy_from_slice(piece);
            self.filled += piece.len();
            self.most_filled = self.most_filled.max(self.filled);
            bytes = rest;
            if !self.scan() {
                return self.replace_malformed(rest);
            }
        }
    }

    /// Returns whether the window is UTF-8.
    fn scan(&mut self) -> bool {
        loop {
            let Scan { decode, is_ascii, too_large } =
                self.scanner.scan(&self.window, self.filled, &mut self.table);
            self.scanned = self.table.scanned;
            assert!(decode || self.table.length == 0, "rows without text");
            let bytes = &self.window[..self.scanned];
            assert!(!is_ascii || bytes.is_ascii(), "{bytes:?} isn't ASCII");
            if decode && !self.decode(self.table.keep_from) {
                return false;
            }
            self.too_large = too_large;
            if too_large || !decode || self.filled == 0 {
                return true;
            }
        }
    }

    /// Decodes the scanned bytes and cuts the rows out of the text. Returns false, and changes nothing, if the bytes
    /// aren't UTF-8.
    fn decode(&mut self, keep_from: u32) -> bool {
        let Ok(text) = str::from_utf8(&self.window[..self.scanned]) else { return false };
        self.pending.extend(text.encode_utf16());
        self.decodes += 1;
        for index in 0..self.table.length {
            self.read(self.table.rows[index]);
        }
        self.pending.drain(..keep_from as usize);
        self.longest_pending = self.longest_pending.max(self.pending.len());
        self.window.copy_within(self.scanned..self.filled, 0);
        self.filled -= self.scanned;
        self.scanned = 0;
        true
    }

    /// After malformed UTF-8: from the window's start to the end of the stream, decodes the bytes before scanning.
    fn replace_malformed(&mut self, rest: &[u8]) {
        assert!(self.decoder.is_none(), "decoded text isn't malformed");
        self.scanner.rewind();
        let bytes = [&self.window[..self.filled], rest].concat();
        self.filled = 0;
        self.scanned = 0;
        self.decoder = Some(LossyDecoder::default());
        self.feed(&bytes);
    }

    fn read(&mut self, [kind, start, end]: Row) {
        let Self { pending, block, outcome, .. } = self;
        let text = || {
            String::from_utf16(&pending[start as usize..end as usize])
                .expect("no offset is inside a surrogate pair")
        };
        match kind {
            row::EVENT => {
                assert!(block.data.is_none(), "an EVENT row after a DATA row");
                block.data = Some(text());
                end_block(block, outcome);
            }
            row::END => end_block(block, outcome),
            row::DATA => {
                block.data = Some(match block.data.take() {
                    Some(before) => before + "\n" + &text(),
                    None => text(),
                });
            }
            row::TYPE => block.event_type = Some(text()),
            row::ID => block.id = Some(text()),
            row::RETRY => outcome.reconnection_time = Some(u64::from(end) << 32 | u64::from(start)),
            row::COMMENT => outcome.comments.push(text()),
            row::IGNORED => outcome.ignored.push(text()),
            _ => panic!("unknown row kind: {kind}"),
        }
    }
}

fn end_block(block: &mut PendingBlock, outcome: &mut Outcome) {
    let PendingBlock { data, event_type, id } = std::mem::take(block);
    if let Some(id) = id {
        outcome.last_event_id = id;
    }
    if let Some(data) = data {
        let event_type = event_type.filter(|name| !name.is_empty()).unwrap_or_else(|| "message".to_owned());
        outcome.events.push((event_type, data, outcome.last_event_id.clone()));
    }
}

/// Reads a stream in these chunks. After each chunk, `is_taken` says whether another stream takes the window.
/// The error is the outcome up to the event that exceeds the limit.
pub fn parse_shared<'a>(
    options: ScannerOptions,
    chunks: impl IntoIterator<Item = &'a [u8]>,
    mut is_taken: impl FnMut() -> bool,
) -> Result<Outcome, Outcome> {
    let mut reader = Reader::new(options);
    for chunk in chunks {
        reader.feed(chunk);
        if !reader.too_large && is_taken() {
            reader.lose_window();
        }
        if reader.too_large {
            return Err(reader.into_outcome());
        }
    }
    Ok(reader.into_outcome())
}

/// Reads a stream in these chunks. No other stream uses the window.
pub fn parse<'a>(
    options: ScannerOptions,
    chunks: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Outcome, Outcome> {
    parse_shared(options, chunks, || false)
}

/// Options that report comments and ignored lines.
pub fn everything() -> ScannerOptions {
    ScannerOptions { comments: true, ignored_lines: true, ..ScannerOptions::default() }
}

/// Compares the scanner with the naive parser: with every option, with the window taken after each chunk or never.
pub fn check<'a>(stream: &[u8], chunks: impl IntoIterator<Item = &'a [u8]> + Clone, what: &str) {
    let expected = naive::parse(stream);
    for is_taken in [false, true] {
        for (comments, ignored_lines) in [(false, false), (false, true), (true, false), (true, true)] {
            let options = ScannerOptions { comments, ignored_lines, ..ScannerOptions::default() };
            let outcome = parse_shared(options, chunks.clone(), || is_taken).expect("no limit is exceeded");
            let expected = expected.clone().only(comments, ignored_lines);
            assert_eq!(outcome, expected, "{what}, window taken: {is_taken}, {options:?}");
        }
    }
}
