/** Reads the shell blocks of a page into commands, without a shell. */

/** A word of unknown value: of an unset variable, a substitution, or `<run-id>`. */
export const VALUE = 'value';

/** The variables that a page has set so far, by name. */
export type Variables = Map<string, string>;

const NAME = /^\w+/;
const ASSIGNMENT = /^[A-Za-z_]\w*=/;
/** `<run-id>` of a page is no redirection. */
const PLACEHOLDER = /^<[\w-]+>/;
const REDIRECTION = /^(?:\d?>>?(?:&\d)?|<<<|<)/;

/**
 * The simple commands of a block, each as its words. Those of substitutions come before the command
 * around them. Redirections are left out, and assignments are kept in `variables`.
 *
 * @throws {Error} for a quote or parenthesis without an end, and a here-document
 */
export function shellCommands(text: string, variables: Variables = new Map()): string[][] {
  return new ShellText(text, variables).commands();
}

class ShellText {
  readonly #text: string;
  readonly #variables: Variables;
  readonly #commands: string[][] = [];
  #at = 0;
  #words: string[] = [];
  /** The word that was begun; null between words. */
  #word: string | null = null;
  /** The next word is the file of a redirection. */
  #isRedirected = false;

  constructor(text: string, variables: Variables) {
    this.#text = text.replaceAll('\\\n', ' ');
    this.#variables = variables;
  }

  commands(): string[][] {
    while (this.#at < this.#text.length) this.#step();
    this.#endCommand();
    return this.#commands;
  }

  #step(): void {
    const rest = this.#text.slice(this.#at);
    const [char = ''] = rest;
    const placeholder = PLACEHOLDER.exec(rest)?.[0];
    if (char === '#' && this.#word === null) this.#at += rest.split('\n')[0]?.length ?? 0;
    else if (char === ' ' || char === '\t') this.#take(1, () => this.#endWord());
    else if (/[\n;|&]/.test(char)) this.#take(1, () => this.#endCommand());
    else if (char === '\\') this.#take(2, () => this.#add(rest[1] ?? ''));
    else if (char === "'") this.#add(this.#until("'"));
    else if (char === '"') this.#quoted();
    else if (char === '$' || rest.startsWith('<(')) this.#dollar(true);
    else if (placeholder !== undefined) this.#take(placeholder.length, () => this.#add(VALUE));
    else if (rest.startsWith('<<') && !rest.startsWith('<<<')) throw new Error('a here-document');
    else if (this.#word === null && REDIRECTION.test(rest)) this.#redirect(rest);
    else this.#take(1, () => this.#add(char));
  }

  #redirect(rest: string): void {
    const mark = REDIRECTION.exec(rest)?.[0] ?? '';
    this.#at += mark.length;
    this.#isRedirected = !mark.includes('&');
  }

  #take(length: number, use: () => void): void {
    this.#at += length;
    use();
  }

  #add(text: string): void {
    this.#word = (this.#word ?? '') + text;
  }

  /** The text from behind the mark at this place to the same mark. */
  #until(mark: string): string {
    const end = this.#text.indexOf(mark, this.#at + 1);
    if (end < 0) throw new Error(`a ${mark} without an end`);
    const inside = this.#text.slice(this.#at + 1, end);
    this.#at = end + 1;
    return inside;
  }

  #quoted(): void {
    this.#add('');
    this.#at += 1;
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined) throw new Error('a " without an end');
      if (char === '$') this.#dollar(false);
      else if (char === '\\') this.#take(2, () => this.#add(this.#text[this.#at - 1] ?? ''));
      else this.#take(1, () => char !== '"' && this.#add(char));
      if (char === '"') return;
    }
  }

  /** A variable or a substitution. Outside of quotes the blanks of a value part words. */
  #dollar(isSplit: boolean): void {
    this.#at += 1;
    if (this.#text[this.#at] === '(') {
      this.#commands.push(...shellCommands(this.#parentheses(), this.#variables));
      this.#add(VALUE);
      return;
    }
    const isBraced = this.#text[this.#at] === '{';
    const name = isBraced ? this.#until('}') : (NAME.exec(this.#text.slice(this.#at))?.[0] ?? '');
    if (!isBraced) this.#at += name.length;
    const [first = '', ...more] = (this.#variables.get(name) ?? VALUE).split(isSplit ? /\s+/ : /$^/);
    this.#add(first);
    for (const word of more) {
      this.#endWord();
      this.#add(word);
    }
  }

  /** The text between the parenthesis at this place and the one that closes it. */
  #parentheses(): string {
    const begin = this.#at + 1;
    for (let depth = 0; this.#at < this.#text.length; this.#at += 1) {
      const char = this.#text[this.#at];
      if (char === "'" || char === '"') {
        this.#until(char);
        this.#at -= 1;
      }
      if (char === '(') depth += 1;
      if (char === ')') depth -= 1;
      if (depth === 0) return this.#text.slice(begin, this.#at++);
    }
    throw new Error('a ( without an end');
  }

  #endWord(): void {
    const word = this.#word;
    this.#word = null;
    if (word === null) return;
    const isFirst = this.#words.every((one) => one === 'export');
    if (this.#isRedirected) this.#isRedirected = false;
    else if (isFirst && ASSIGNMENT.test(word)) {
      const at = word.indexOf('=');
      this.#variables.set(word.slice(0, at), word.slice(at + 1));
    } else this.#words.push(word);
  }

  #endCommand(): void {
    this.#endWord();
    if (this.#words.length > 0) this.#commands.push(this.#words);
    this.#words = [];
  }
}
