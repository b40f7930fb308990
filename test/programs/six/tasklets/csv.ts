import { fail, failed, Json, Text } from "grafos-std";

/** Sums of the rows of one city. */
class City {
  rows: i32 = 0;
  amount: i64 = 0;
  longestName: i32 = 0;
}

const QUOTE: u8 = 0x22;
const COMMA: u8 = 0x2c;
const LINE_FEED: u8 = 0x0a;
const RETURN: u8 = 0x0d;

/** Position of the next byte to read. */
let at: i32 = 0;

/**
 * Reads one field and the comma after it, as RFC 4180 has fields: quoted ones may hold commas, line
 * ends and doubled quotes.
 */
function field(input: Uint8Array): string {
  const start = at;
  if (at >= input.length || input[at] != QUOTE) {
    while (at < input.length && input[at] != COMMA && input[at] != LINE_FEED && input[at] != RETURN) at++;
    const text = String.UTF8.decodeUnsafe(input.dataStart + start, at - start);
    if (at < input.length && input[at] == COMMA) at++;
    return text;
  }
  let text = "";
  let from = ++at;
  for (; at < input.length; at++) {
    if (input[at] != QUOTE) continue;
    text += String.UTF8.decodeUnsafe(input.dataStart + from, at - from);
    if (at + 1 >= input.length || input[at + 1] != QUOTE) break;
    text += '"';
    from = ++at + 1;
  }
  at++;
  if (at < input.length && input[at] == COMMA) at++;
  return text;
}

function endOfLine(input: Uint8Array): bool {
  return at >= input.length || input[at] == LINE_FEED || input[at] == RETURN;
}

/** A whole number, which must be there. */
function whole(text: string): i64 {
  const first = text.startsWith("-") ? 1 : 0;
  if (text.length == first) return fail<i64>("invalid_amount");
  for (let i = first; i < text.length; i++) {
    const digit = text.charCodeAt(i);
    if (digit < 0x30 || digit > 0x39) return fail<i64>("invalid_amount");
  }
  return I64.parseInt(text);
}

/**
 * From rows of `id,name,city,amount` to an object of cities with the number of rows, the sum of
 * amounts and the longest name.
 */
export function compute(input: Uint8Array): string {
  at = 0;
  const cities = new Map<string, City>();
  for (let isHeader = true; at < input.length; isHeader = false) {
    field(input);
    const name = field(input);
    const key = field(input);
    const amount = field(input);
    if (!endOfLine(input)) return fail<string>("too_many_fields");
    while (at < input.length && endOfLine(input)) at++;
    if (isHeader) continue;
    if (!cities.has(key)) cities.set(key, new City());
    const city = cities.get(key);
    city.rows++;
    city.amount += whole(amount);
    if (name.length > city.longestName) city.longestName = name.length;
  }
  if (failed()) return "";
  const json = new Text();
  const keys = cities.keys();
  json.append("{");
  for (let i = 0; i < keys.length; i++) {
    const city = cities.get(keys[i]);
    json.append(i == 0 ? "" : ",").append(Json.ofString(keys[i]).toString()).append(':{"rows":').appendNumber(city.rows);
    json.append(',"amount":').appendNumber(city.amount).append(',"longest_name":').appendNumber(city.longestName).append("}");
  }
  return json.append("}").toString();
}
