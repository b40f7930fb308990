import { pieceEnd } from './printedLine.ts';

/**
 * Levels that are laid out, one member a line. A deeper value is on one line: its indentation could
 * be a thousand times as long as the value.
 */
const LEVELS = 16;
/** Characters that are gathered before they are taken. */
const PIECE = 64 * 1024;
const INDENT = '  ';

/**
 * Lays a value out as JSON, in pieces, so that neither the whole text nor more than is wanted of it
 * is ever in memory. Down to {@link LEVELS} levels the text is that of `JSON.stringify(value, null,
 * 2)`.
 *
 * @param take gets the next piece, and says whether more is wanted
 */
export function layOutJson(value: unknown, take: (piece: string) => boolean): void {
  const layout = new Layout(take);
  layout.value(value, 0);
  layout.end();
}

class Layout {
  readonly #take: (piece: string) => boolean;
  #gathered = '';
  #isWanted = true;

  constructor(take: (piece: string) => boolean) {
    this.#take = take;
  }

  value(value: unknown, level: number): void {
    if (typeof value === 'string') this.#text(value);
    else if (typeof value !== 'object' || value === null || JSON.isRawJSON(value) || level === LEVELS)
      this.#put(JSON.stringify(value) ?? 'null');
    else if ('toJSON' in value && typeof value.toJSON === 'function') this.value(value.toJSON(), level);
    else if (Array.isArray(value)) this.#list(value, level);
    else this.#members(value, level);
  }

  end(): void {
    if (this.#isWanted && this.#gathered !== '') this.#isWanted = this.#take(this.#gathered);
    this.#gathered = '';
  }

  #list(items: readonly unknown[], level: number): void {
    const line = `\n${INDENT.repeat(level + 1)}`;
    let before = '[';
    for (const item of items) {
      if (!this.#isWanted) return;
      this.#put(before + line);
      this.value(item, level + 1);
      before = ',';
    }
    this.#put(items.length === 0 ? '[]' : `\n${INDENT.repeat(level)}]`);
  }

  #members(value: object, level: number): void {
    const line = `\n${INDENT.repeat(level + 1)}`;
    let before = '{';
    for (const [name, member] of Object.entries(value)) {
      if (!this.#isWanted) return;
      if (member === undefined) continue;
      this.#put(`${before}${line}${JSON.stringify(name)}: `);
      this.value(member, level + 1);
      before = ',';
    }
    this.#put(before === '{' ? '{}' : `\n${INDENT.repeat(level)}}`);
  }

  #text(text: string): void {
    this.#put('"');
    for (let from = 0; from < text.length && this.#isWanted; ) {
      const to = pieceEnd(text, from, PIECE);
      this.#put(JSON.stringify(text.slice(from, to)).slice(1, -1));
      from = to;
    }
    this.#put('"');
  }

  #put(text: string): void {
    this.#gathered += text;
    if (this.#gathered.length < PIECE) return;
    const all = this.#gathered;
    let from = 0;
    while (all.length - from >= PIECE && this.#isWanted) {
      const to = pieceEnd(all, from, PIECE);
      this.#isWanted = this.#take(all.slice(from, to));
      from = to;
    }
    this.#gathered = this.#isWanted ? all.slice(from) : '';
  }
}
