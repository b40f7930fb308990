use crate::{Json, JsonError};

const DEPTH_MAX: usize = 128;

/// A whole JSON text; what follows it but blanks is an error.
pub fn read(bytes: &[u8]) -> Result<Json, JsonError> {
    let mut reader = Reader { bytes, at: 0 };
    let json = reader.value(0)?;
    reader.skip_blanks();
    match reader.peek() {
        None => Ok(json),
        Some(_) => Err(reader.refuse("unexpected_character")),
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn refuse(&self, label: &'static str) -> JsonError {
        JsonError { label: if self.at < self.bytes.len() { label } else { "unexpected_end" }, offset: self.at }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), JsonError> {
        self.skip_blanks();
        if self.peek() != Some(byte) {
            return Err(self.refuse("unexpected_character"));
        }
        self.at += 1;
        Ok(())
    }

    fn value(&mut self, depth: usize) -> Result<Json, JsonError> {
        self.skip_blanks();
        match self.peek() {
            Some(b'{' | b'[') if depth == DEPTH_MAX => Err(self.refuse("too_deep")),
            Some(b'{') => self.object(depth + 1),
            Some(b'[') => self.array(depth + 1),
            Some(b'"') => Ok(Json::String(self.string()?)),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'n') => self.word("null", Json::Null),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.refuse("unexpected_character")),
        }
    }

    fn word(&mut self, word: &str, json: Json) -> Result<Json, JsonError> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(self.refuse("unexpected_character"));
        }
        self.at += word.len();
        Ok(json)
    }

    fn object(&mut self, depth: usize) -> Result<Json, JsonError> {
        let mut members = Vec::new();
        self.at += 1;
        self.skip_blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Json::Object(members));
        }
        loop {
            self.skip_blanks();
            if self.peek() != Some(b'"') {
                return Err(self.refuse("unexpected_character"));
            }
            let name = self.string()?;
            self.expect(b':')?;
            members.push((name, self.value(depth)?));
            self.skip_blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                _ => {
                    self.expect(b'}')?;
                    return Ok(Json::Object(members));
                }
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Json, JsonError> {
        let mut items = Vec::new();
        self.at += 1;
        self.skip_blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Json::Array(items));
        }
        loop {
            items.push(self.value(depth)?);
            self.skip_blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                _ => {
                    self.expect(b']')?;
                    return Ok(Json::Array(items));
                }
            }
        }
    }

    /// RFC 8259, section 6.
    fn number(&mut self) -> Result<Json, JsonError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let first = self.at;
        self.digits()?;
        if self.bytes[first] == b'0' && self.at > first + 1 {
            self.at = first;
            return Err(self.refuse("invalid_number"));
        }
        let mut whole = true;
        if self.peek() == Some(b'.') {
            self.at += 1;
            whole = false;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            whole = false;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        // All of it is ASCII.
        let text = std::str::from_utf8(&self.bytes[start..self.at]).unwrap_or_default();
        // Minus zero is no integer: its sign would be lost.
        match text.parse() {
            Ok(value) if whole && text != "-0" => Ok(Json::Integer(value)),
            _ => Ok(Json::Number(text.to_string())),
        }
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let first = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == first {
            return Err(self.refuse("invalid_number"));
        }
        Ok(())
    }

    /// From the opening quote to past the closing one.
    fn string(&mut self) -> Result<String, JsonError> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let plain = self.at;
            while matches!(self.peek(), Some(byte) if byte != b'"' && byte != b'\\' && byte >= 0x20) {
                self.at += 1;
            }
            match std::str::from_utf8(&self.bytes[plain..self.at]) {
                // Most strings have one part, which then takes no more room than it needs.
                Ok(part) if text.is_empty() => text = part.to_string(),
                Ok(part) => text.push_str(part),
                Err(error) => {
                    self.at = plain + error.valid_up_to();
                    return Err(self.refuse("invalid_utf8"));
                }
            }
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escape()?),
                _ => return Err(self.refuse("control_character")),
            }
        }
    }

    /// One escape, or two that make one code point.
    fn escape(&mut self) -> Result<char, JsonError> {
        let letter = match self.bytes.get(self.at + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return Err(self.refuse("invalid_escape")),
        };
        self.at += 2;
        Ok(letter)
    }

    fn unicode_escape(&mut self) -> Result<char, JsonError> {
        let unit = self.hex4(self.at).ok_or_else(|| self.refuse("invalid_escape"))?;
        if let Some(letter) = char::from_u32(unit) {
            self.at += 6;
            return Ok(letter);
        }
        let low = self.hex4(self.at + 6).filter(|low| unit < 0xdc00 && low & 0xfc00 == 0xdc00);
        let letter = low.and_then(|low| char::from_u32(0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff)));
        let letter = letter.ok_or_else(|| self.refuse("lone_surrogate"))?;
        self.at += 12;
        Ok(letter)
    }

    /// The four hexadecimal digits of `\uXXXX` at `place`.
    fn hex4(&self, place: usize) -> Option<u32> {
        let escape = self.bytes.get(place..place + 6)?;
        let digits = escape.strip_prefix(b"\\u")?;
        digits.iter().try_fold(0, |unit, byte| Some(unit << 4 | char::from(*byte).to_digit(16)?))
    }
}
