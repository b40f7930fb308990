use std::borrow::Cow;
use std::collections::HashMap;

use grafos_std::Json;

/// Sums of the rows of one city.
#[derive(Default)]
struct City {
    rows: u64,
    amount: i64,
    /// In UTF-16 code units, as in AssemblyScript.
    longest_name: usize,
}

/// Reads fields as RFC 4180 has them: quoted ones may hold commas, line ends and doubled quotes.
struct Reader<'a> {
    input: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// Reads one field and the comma after it.
    fn field(&mut self) -> Cow<'a, [u8]> {
        let text = if self.input.get(self.at) == Some(&b'"') { self.quoted() } else { self.plain() };
        if self.input.get(self.at) == Some(&b',') {
            self.at += 1;
        }
        text
    }

    fn plain(&mut self) -> Cow<'a, [u8]> {
        let rest = &self.input[self.at..];
        let length = rest.iter().position(|byte| matches!(byte, b',' | b'\n' | b'\r')).unwrap_or(rest.len());
        self.at += length;
        Cow::Borrowed(&rest[..length])
    }

    fn quoted(&mut self) -> Cow<'a, [u8]> {
        self.at += 1;
        let mut text = Cow::Borrowed(&b""[..]);
        loop {
            let rest = &self.input[self.at..];
            let length = rest.iter().position(|&byte| byte == b'"').unwrap_or(rest.len());
            let is_doubled = rest.get(length + 1) == Some(&b'"');
            let part = &rest[..length + usize::from(is_doubled)];
            if text.is_empty() {
                text = Cow::Borrowed(part);
            } else {
                text.to_mut().extend_from_slice(part);
            }
            self.at = (self.at + length + 1 + usize::from(is_doubled)).min(self.input.len());
            if !is_doubled {
                return text;
            }
        }
    }

    fn is_end_of_line(&self) -> bool {
        matches!(self.input.get(self.at), None | Some(b'\n' | b'\r'))
    }
}

/// From rows of `id,name,city,amount` to an object of cities with the number of rows, the sum of
/// amounts and the longest name.
#[grafos_std::tasklet]
pub fn csv_rust(input: &[u8]) -> Result<Json, &'static str> {
    let mut reader = Reader { input, at: 0 };
    let mut places: HashMap<Cow<[u8]>, usize> = HashMap::new();
    let mut cities: Vec<(String, City)> = Vec::new();
    let mut is_header = true;
    while reader.at < input.len() {
        reader.field();
        let name = reader.field();
        let key = reader.field();
        let amount = reader.field();
        if !reader.is_end_of_line() {
            return Err("too_many_fields");
        }
        while reader.at < input.len() && reader.is_end_of_line() {
            reader.at += 1;
        }
        if std::mem::take(&mut is_header) {
            continue;
        }
        let place = match places.get(&key) {
            Some(&place) => place,
            None => {
                cities.push((text(&key)?.to_string(), City::default()));
                places.insert(key, cities.len() - 1);
                cities.len() - 1
            }
        };
        let city = &mut cities[place].1;
        city.rows += 1;
        city.amount += text(&amount)?.parse::<i64>().map_err(|_| "invalid_amount")?;
        city.longest_name = city.longest_name.max(text(&name)?.encode_utf16().count());
    }
    let members = cities.into_iter().map(|(name, City { rows, amount, longest_name })| {
        let sums = [("rows", rows.into()), ("amount", amount.into()), ("longest_name", longest_name.into())];
        (name, Json::from(sums))
    });
    Ok(Json::Object(members.collect()))
}

fn text(bytes: &[u8]) -> Result<&str, &'static str> {
    std::str::from_utf8(bytes).map_err(|_| "invalid_utf8")
}
