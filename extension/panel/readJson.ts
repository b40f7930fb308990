/** A JSON value as it is written: members in their order, numbers with their digits. */
export type JsonNode =
  | { kind: 'object'; members: Array<[name: string, value: JsonNode]> }
  | { kind: 'array'; items: JsonNode[] }
  | { kind: 'string'; value: string }
  /** `source` has every digit of the text, also digits that a double cannot hold. */
  | { kind: 'number'; source: string }
  | { kind: 'word'; source: 'true' | 'false' | 'null' };

/** Levels of a value that are read. A deeper value is shown as text. */
const DEPTH_MAX = 500;

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/y;
const WORD = /true|false|null/y;
const BLANK = /[ \t\r\n]*/y;

/**
 * Reads JSON without a change. `JSON.parse` would round numbers, reorder members and drop doubled
 * ones.
 *
 * @returns null where the text is no JSON or has more levels than are read
 */
export function readJson(text: string): JsonNode | null {
  const reader = new JsonReader(text);
  try {
    const value = reader.value(0);
    return reader.isAtEnd() ? value : null;
  } catch (error) {
    if (error instanceof NotJsonError || error instanceof SyntaxError) return null;
    throw error;
  }
}

class NotJsonError extends Error {}

class JsonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  isAtEnd(): boolean {
    this.#skip();
    return this.#at === this.#text.length;
  }

  value(depth: number): JsonNode {
    if (depth > DEPTH_MAX) throw new NotJsonError();
    this.#skip();
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case '"':
        return { kind: 'string', value: this.#string() };
    }
    const word = this.#take(WORD);
    if (word !== null) return { kind: 'word', source: word as 'true' | 'false' | 'null' };
    const source = this.#take(NUMBER);
    if (source === null) throw new NotJsonError();
    return { kind: 'number', source };
  }

  #object(depth: number): JsonNode {
    const members: Array<[string, JsonNode]> = [];
    this.#list('}', () => {
      const name = this.#string();
      this.#expect(':');
      members.push([name, this.value(depth + 1)]);
    });
    return { kind: 'object', members };
  }

  #array(depth: number): JsonNode {
    const items: JsonNode[] = [];
    this.#list(']', () => items.push(this.value(depth + 1)));
    return { kind: 'array', items };
  }

  /** Reads entries between commas, from the opening bracket to the closing one. */
  #list(end: string, entry: () => void): void {
    this.#at += 1;
    this.#skip();
    if (this.#text[this.#at] === end) {
      this.#at += 1;
      return;
    }
    for (;;) {
      this.#skip();
      entry();
      this.#skip();
      const mark = this.#text[this.#at];
      this.#at += 1;
      if (mark === end) return;
      if (mark !== ',') throw new NotJsonError();
    }
  }

  #string(): string {
    const source = this.#take(STRING);
    if (source === null) throw new NotJsonError();
    return JSON.parse(source);
  }

  #expect(mark: string): void {
    this.#skip();
    if (this.#text[this.#at] !== mark) throw new NotJsonError();
    this.#at += 1;
  }

  #skip(): void {
    this.#take(BLANK);
  }

  #take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) return null;
    this.#at += found.length;
    return found;
  }
}
