import { Op } from '../../wasm/read/opcodes.ts';
import { skipImmediates } from '../../wasm/read/skipImmediates.ts';
import { skipLocals } from '../../wasm/read/skipLocals.ts';
import type { WatToken } from '../validate/watTokens.ts';

/** Words that follow an instruction and are none: types, lanes and numbers. */
const IMMEDIATE =
  /^(?:func|extern|funcref|externref|i8x16|i16x8|i32x4|i64x2|f32x4|f64x2|i32|i64|f32|f64|v128|inf|nan)$/;
const INSTRUCTION = /^[a-z][a-z0-9_.]*$/;
/** Groups of a function's head, and of the type of a block or an indirect call. */
const HEAD = /^(?:export|import|type|param|result|local)$/;

/** Instructions whose opcode is compared, so that a text that is read wrongly is noticed. */
const OPCODES: Readonly<Record<string, number>> = {
  unreachable: Op.unreachable,
  nop: Op.nop,
  block: Op.block,
  loop: Op.loop,
  if: Op.if,
  else: Op.else,
  end: Op.end,
  br: Op.br,
  br_if: Op.brIf,
  return: Op.return,
  call: Op.call,
  call_indirect: Op.callIndirect,
};

/**
 * Finds the instruction of a function in WebAssembly text by its offset in the binary body.
 *
 * Text and binary have the same instructions, in the same order once folded ones are unfolded. They
 * are counted in both and compared, so a module of another text gives null.
 *
 * @param at index of the token `func`
 * @param body from the locals' count to the last `end`
 * @param isLoop whether the innermost loop around the instruction is wanted, where there is one
 */
export function watInstruction(
  tokens: readonly WatToken[],
  at: number,
  body: Uint8Array,
  bodyOffset: number,
  isLoop: boolean,
): WatToken | null {
  const written = new FunctionText(tokens, at).instructions();
  const offsets: number[] = [];
  const loops: Array<number | null> = [];
  let wanted: number | null = null;
  for (let offset = skipLocals(body, 0, body.length, 0); offset < body.length; ) {
    const opcode = body[offset] as number;
    const word = written[offsets.length]?.text ?? 'end';
    if ((OPCODES[word] ?? opcode) !== opcode) return null;
    if (opcode === Op.loop) loops.push(offsets.length);
    else if (opcode === Op.block || opcode === Op.if) loops.push(null);
    else if (opcode === Op.end) loops.pop();
    if (offset === bodyOffset) {
      const loop = loops.findLast((one) => one !== null);
      wanted = isLoop ? (loop ?? offsets.length) : offsets.length;
    }
    offsets.push(offset);
    offset = skipImmediates(body, opcode, offset + 1, body.length);
  }
  // The last `end` of the binary is the parenthesis that closes the function.
  if (offsets.length !== written.length + 1 || wanted === null) return null;
  return written[wanted] ?? null;
}

/** Most parentheses around an instruction: each takes a part of the stack. */
const DEPTH_MAX = 500;

/** Unfolds the instructions of one function. */
class FunctionText {
  readonly #tokens: readonly WatToken[];
  #at: number;
  readonly #found: WatToken[] = [];
  #depth = 0;

  constructor(tokens: readonly WatToken[], at: number) {
    this.#tokens = tokens;
    this.#at = at + 1;
  }

  instructions(): WatToken[] {
    this.#immediates();
    this.#sequence();
    return this.#found;
  }

  #word(ahead = 0): string | undefined {
    return this.#tokens[this.#at + ahead]?.text;
  }

  /** Reads up to the parenthesis that closes what is open, and leaves it. */
  #sequence(): void {
    for (let word = this.#word(); word !== undefined && word !== ')'; word = this.#word()) {
      if (word === '(') this.#folded();
      else this.#plain();
    }
  }

  #plain(): void {
    this.#emit(this.#tokens[this.#at]);
    this.#at++;
    this.#immediates();
  }

  #emit(token: WatToken | undefined): void {
    if (token !== undefined) this.#found.push(token);
  }

  /** Passes names, numbers and types. */
  #immediates(): void {
    for (let word = this.#word(); word !== undefined && word !== ')'; word = this.#word()) {
      if (word === '(') {
        if (!HEAD.test(this.#word(1) ?? '')) return;
        this.#group();
      } else if (INSTRUCTION.test(word) && !IMMEDIATE.test(word)) return;
      else this.#at++;
    }
  }

  /** Passes a group in parentheses. */
  #group(): void {
    let depth = 0;
    do {
      if (this.#word() === '(') depth++;
      else if (this.#word() === ')') depth--;
      this.#at++;
    } while (depth > 0 && this.#at < this.#tokens.length);
  }

  #folded(): void {
    // What is nested deeper is left out, and then the count says that the text was not read.
    if (this.#depth === DEPTH_MAX) {
      this.#group();
      return;
    }
    this.#depth++;
    this.#unfold();
    this.#depth--;
  }

  #unfold(): void {
    const token = this.#tokens[this.#at + 1];
    this.#at += 2;
    this.#immediates();
    switch (token?.text) {
      case 'block':
      case 'loop':
        this.#emit(token);
        this.#sequence();
        this.#emitEnd();
        break;
      case 'if':
        this.#foldedIf(token);
        break;
      default:
        this.#sequence();
        this.#emit(token);
    }
    this.#at++;
  }

  #foldedIf(token: WatToken): void {
    while (this.#word() === '(' && this.#word(1) !== 'then') this.#folded();
    this.#emit(token);
    for (let arm = this.#word(1); this.#word() === '(' && (arm === 'then' || arm === 'else'); arm = this.#word(1)) {
      const head = this.#tokens[this.#at + 1];
      this.#at += 2;
      // An empty `else` is not in the binary.
      if (arm === 'else' && this.#word() !== ')') this.#emit(head);
      this.#sequence();
      this.#at++;
    }
    this.#emitEnd();
  }

  /** The parenthesis that closes a folded block is its `end`. */
  #emitEnd(): void {
    const token = this.#tokens[this.#at];
    if (token !== undefined) this.#found.push({ ...token, text: 'end' });
  }
}
