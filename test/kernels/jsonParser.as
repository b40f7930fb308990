// Parses a document of about 20 KB by grafos-std's JSON reader, n times.
import { Json } from "./grafos-std/json";

const ROWS: i32 = 200;
const document = memory.data(65536);
let length: i32 = 0;

function put(text: string): void {
  for (let i = 0; i < text.length; i++) store<u8>(document + length++, <u8>text.charCodeAt(i));
}

export function run(n: i32): i32 {
  length = 0;
  put('{"rows":[');
  for (let i = 0; i < ROWS; i++) {
    if (i > 0) put(",");
    put('{"id":' + i.toString() + ',"name":"entry number ' + (i * 7919).toString() + '","tags":["a","b\\n","caf\\u00e9"],');
    put('"price":' + (i * 37).toString() + '.25,"active":' + (i % 3 == 0 ? "true" : "false") + ',"none":null}');
  }
  put("]}");
  let sum = 0;
  const bytes = new Uint8Array(length);
  memory.copy(bytes.dataStart, document, length);
  for (let round = 0; round < n; round++) {
    const rows = Json.parse(bytes).get("rows");
    for (let i = 0; i < ROWS; i++) sum += <i32>rows.at(i).get("id").asI64();
  }
  return sum;
}
