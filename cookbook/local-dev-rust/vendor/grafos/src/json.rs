use std::fmt;

use crate::{json_reader, json_writer};

/// A JSON value (RFC 8259). Objects keep their order; where a name comes twice the last one counts.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// The value `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number written without fraction or exponent that fits.
    Integer(i64),
    /// Any other number, as it was written.
    Number(String),
    /// A text.
    String(String),
    /// A list of values.
    Array(Vec<Json>),
    /// Members, each a name and a value, in their order.
    Object(Vec<(String, Json)>),
}

/// Why a text is not JSON, and at which byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// In snake_case, for `compute` to fail with or to log.
    pub label: &'static str,
    /// The byte at which the reader stopped, from 0.
    pub offset: usize,
}

impl Json {
    /// UTF-8 without a byte order mark and nothing that the RFC does not allow: at most 128 levels
    /// deep, no lone surrogates.
    pub fn parse(bytes: &[u8]) -> Result<Json, JsonError> {
        json_reader::read(bytes)
    }

    /// A number; null for NaN and the infinities, which JSON does not have.
    pub fn float(value: f64) -> Json {
        finite(value.is_finite(), format!("{:?}", value))
    }

    /// Value of an object's member.
    pub fn get(&self, name: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// Item of an array.
    pub fn at(&self, index: usize) -> Option<&Json> {
        match self {
            Json::Array(items) => items.get(index),
            _ => None,
        }
    }

    /// The value of `true` or `false`.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Json::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The value of an integer only: `1.0` and `1e3` are numbers.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Json::Integer(value) => Some(*value),
            _ => None,
        }
    }

    /// A whole number from 0 to 2^64 - 1, written without fraction or exponent.
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Json::Integer(value) => u64::try_from(*value).ok(),
            Json::Number(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// The value of a number, rounded to the nearest `f64`.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Json::Integer(value) => Some(*value as f64),
            Json::Number(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Json::String(text) => Some(text),
            _ => None,
        }
    }

    /// The items of an array.
    pub fn as_array(&self) -> Option<&[Json]> {
        match self {
            Json::Array(items) => Some(items),
            _ => None,
        }
    }
}

fn finite(is_finite: bool, text: String) -> Json {
    if is_finite {
        Json::Number(text.trim_end_matches(".0").to_string())
    } else {
        Json::Null
    }
}

/// Without blanks.
impl fmt::Display for Json {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        json_writer::write(self, &mut text);
        formatter.write_str(&text)
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Json::Bool(value)
    }
}

macro_rules! from_whole_numbers {
    ($($number:ty),*) => {
        $(
            /// Exact, even where the number does not fit into 64 bits.
            impl From<$number> for Json {
                fn from(value: $number) -> Self {
                    i64::try_from(value).map_or_else(|_| Json::Number(value.to_string()), Json::Integer)
                }
            }
        )*
    };
}

from_whole_numbers!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);

/// Same as [`Json::float`].
impl From<f64> for Json {
    fn from(value: f64) -> Self {
        Json::float(value)
    }
}

/// The shortest text that reads back as this `f32`; null for NaN and the infinities.
impl From<f32> for Json {
    fn from(value: f32) -> Self {
        finite(value.is_finite(), format!("{:?}", value))
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Json::String(text.to_string())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Json::String(text)
    }
}

impl From<Vec<Json>> for Json {
    fn from(items: Vec<Json>) -> Self {
        Json::Array(items)
    }
}

impl<const COUNT: usize> From<[(&str, Json); COUNT]> for Json {
    fn from(members: [(&str, Json); COUNT]) -> Self {
        Json::Object(members.into_iter().map(|(name, value)| (name.to_string(), value)).collect())
    }
}
