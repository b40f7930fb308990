use crate::{json_writer, Json};

/// The output of a run: bytes, made from bytes, text or JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output(Vec<u8>);

impl Output {
    /// The text of a JSON value, without blanks.
    pub fn json(value: impl Into<Json>) -> Self {
        let mut text = String::new();
        json_writer::write(&value.into(), &mut text);
        Output(text.into_bytes())
    }

    /// The bytes of the output.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Output {
    fn from(bytes: Vec<u8>) -> Self {
        Output(bytes)
    }
}

impl From<&[u8]> for Output {
    fn from(bytes: &[u8]) -> Self {
        Output(bytes.to_vec())
    }
}

impl From<String> for Output {
    fn from(text: String) -> Self {
        Output(text.into_bytes())
    }
}

impl From<&str> for Output {
    fn from(text: &str) -> Self {
        Output(text.as_bytes().to_vec())
    }
}

impl From<Json> for Output {
    fn from(json: Json) -> Self {
        Output::json(json)
    }
}
