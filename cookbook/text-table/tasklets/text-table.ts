import { fail, Json, Text } from "grafos-std";

const INPUT_MAX = 256 * 1024;

/** Prints a list of objects as a table of text. Its columns are the names of the first object. */
export function compute(input: Uint8Array): string {
  if (input.length > INPUT_MAX) return fail<string>("invalid_input");
  const rows = Json.parse(input);
  if (!rows.isArray || rows.length == 0 || !rows.at(0).isObject) return fail<string>("invalid_input");
  const first = rows.at(0);
  const names = new Array<string>();
  const widths = new Array<i32>();
  for (let column = 0; column < first.length; column++) {
    const name = first.nameAt(column);
    names.push(name);
    let width = name.length;
    for (let row = 0; row < rows.length; row++) width = max(width, cell(rows.at(row), name).length);
    widths.push(width);
  }

  const table = new Text();
  for (let column = 0; column < names.length; column++) pad(table, names[column], widths, column);
  for (let row = 0; row < rows.length; row++) {
    for (let column = 0; column < names.length; column++) pad(table, cell(rows.at(row), names[column]), widths, column);
  }
  return table.toString();
}

/** Gives a text as it is, and any other value as JSON; empty where the row has none. */
function cell(row: Json, name: string): string {
  const value = row.get(name);
  return value.isString ? value.asString() : value.exists ? value.toString() : "";
}

/** Appends a cell with blanks up to its column's width; the last cell of a row ends the line. */
function pad(table: Text, text: string, widths: Array<i32>, column: i32): void {
  table.append(text);
  if (column == widths.length - 1) {
    table.appendChar(0x0a);
    return;
  }
  for (let used = text.length; used < widths[column] + 2; used++) table.appendChar(0x20);
}
