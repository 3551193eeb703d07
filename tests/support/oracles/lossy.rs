//! A streaming UTF-8 decoder that replaces malformed sequences by U+FFFD.

/// Decodes a stream chunk by chunk.
#[derive(Debug, Default)]
pub struct LossyDecoder {
    /// The bytes of an incomplete sequence.
    held: Vec<u8>,
}

impl LossyDecoder {
    /// The text of the next chunk, without an incomplete sequence at its end.
    pub fn decode(&mut self, chunk: &[u8]) -> String {
        let bytes = [std::mem::take(&mut self.held).as_slice(), chunk].concat();
        let mut rest = bytes.as_slice();
        let mut text = String::new();
        loop {
            let error = match str::from_utf8(rest) {
                Ok(valid) => return text + valid,
                Err(error) => error,
            };
            let (valid, invalid) = rest.split_at(error.valid_up_to());
            text += str::from_utf8(valid).unwrap();
            let Some(length) = error.error_len() else {
                self.held = invalid.to_vec();
                return text;
            };
            text.push(char::REPLACEMENT_CHARACTER);
            rest = &invalid[length..];
        }
    }
}
