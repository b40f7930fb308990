import { type ChildPlace, createExpressionChildren, type ExpressionChildren } from './expressionChildren.ts';

/** The functions of the binaryen package that are used here; an expression is a number. */
export interface TextBinaryen {
  i32: number;
  CallId: number;
  LocalGetId: number;
  LocalSetId: number;
  GlobalGetId: number;
  GlobalSetId: number;
  LoadId: number;
  MemoryGrowId: number;
  UnaryId: number;
  BinaryId: number;
  ConstId: number;
  getExpressionId(expression: number): number;
  Call: {
    getTarget(call: number): string;
    setTarget(call: number, name: string): void;
    getOperandAt(call: number, index: number): number;
    setOperandAt(call: number, index: number, operand: number): void;
    getNumOperands(call: number): number;
  };
  LocalGet: { getIndex(get: number): number };
  LocalSet: { getIndex(set: number): number; isTee(set: number): boolean };
  GlobalGet: { getName(get: number): string };
  GlobalSet: { getName(set: number): string };
  Load: { getOffset(load: number): number; getPtr(load: number): number };
  Function: {
    getName(fn: number): string;
    getBody(fn: number): number;
    setBody(fn: number, body: number): void;
  };
}

/** The functions of a Binaryen module that are used here. */
export interface TextModule {
  getNumFunctions(): number;
  getFunctionByIndex(index: number): number;
  call(name: string, operands: number[], type: number): number;
  local: { get(index: number, type: number): number };
  global: { get(name: string, type: number): number };
  i32: { load(offset: number, align: number, pointer: number): number };
  removeExport(name: string): void;
}

const STANDARD = '~lib/grafos-std/';
const LIBRARY = `${STANDARD}growText/`;
/** Takes the place of the instruction `memory.grow`. */
const GROW_MEMORY = `${STANDARD}outOfMemory/growMemory`;
const FUNCTIONS = [
  'take',
  'share',
  'replace',
  'append',
  'appendTemporary',
  'concatTemporary',
  'extend',
  'extendTemporary',
  'joinArray',
  'joinStaticArray',
];
const LETTER_FUNCTIONS = ['charAt', 'fromCharCode'];
const EXPORT_PREFIX = 'grafos_text_';
const MEMORY_FUNCTIONS = ['growMemory'];

/**
 * Source that makes the compiler compile the functions that {@link growText} calls. It exports
 * them, and {@link growText} removes the exports.
 */
export const GROW_TEXT_SOURCE = `export { ${FUNCTIONS.map((name) => `${name} as ${EXPORT_PREFIX}${name}`).join(', ')} } from "grafos-std/growText";
export { ${LETTER_FUNCTIONS.map((name) => `${name} as ${EXPORT_PREFIX}${name}`).join(', ')} } from "grafos-std/letters";
export { ${MEMORY_FUNCTIONS.map((name) => `${name} as ${EXPORT_PREFIX}${name}`).join(', ')} } from "grafos-std/outOfMemory";
`;

const CONCAT: ReadonlySet<string> = new Set(['~lib/string/String.__concat', '~lib/string/String#concat']);
/** Functions that make a string without other references, or give a constant of the module. */
const MAKES_STRING =
  /^~lib\/(number\/[IUF](8|16|32|64|size)#toString|(static)?array\/(Static)?Array<~lib\/string\/String>#join)$/;
/** Functions that only look at their strings while they run. */
const READS_ONLY: ReadonlySet<string> = new Set(
  [
    ['#get:length', '#charCodeAt', '#codePointAt', '#charAt', '#startsWith', '#endsWith', '#includes', '#indexOf'],
    ['#lastIndexOf', '.__eq', '.__ne', '.__lt', '.__gt', '.__lte', '.__gte', '.__not'],
  ]
    .flat()
    .map((name) => `~lib/string/String${name}`),
);
const REPLACED: ReadonlyMap<string, string> = new Map([
  ['~lib/string/String#charAt', '~lib/grafos-std/letters/charAt'],
  ['~lib/string/String.fromCharCode', '~lib/grafos-std/letters/fromCharCode'],
  ['~lib/array/Array<~lib/string/String>#join', `${LIBRARY}joinArray`],
  ['~lib/staticarray/StaticArray<~lib/string/String>#join', `${LIBRARY}joinStaticArray`],
]);

/**
 * Rewrites a compiled module, before it is optimized, so that `text += more` writes behind `text`
 * where nothing else can see that string, and so that intermediate strings of a concatenation are
 * released (docs/adr/0030-text-grows-in-place.md).
 *
 * A *slot* is a local, a global or a field that is the target of such an assignment. Every other
 * read of a slot shares the string first, so that it never changes again. The functions that do the
 * work at run time are in sdk/assemblyscript/growText.ts. A function that reports a failure takes
 * the place of a tasklet's own `memory.grow`. A module with an unknown kind of expression stays as
 * it is.
 */
export function growText(binaryen: TextBinaryen, module: TextModule): void {
  const growth = new TextGrowth(binaryen, module);
  if (growth.findSlots()) growth.rewrite();
  for (const name of [...FUNCTIONS, ...LETTER_FUNCTIONS, ...MEMORY_FUNCTIONS])
    module.removeExport(EXPORT_PREFIX + name);
}

/** An assignment `slot = slot + parts[0] + …`. */
interface Site {
  /** The outermost concatenation. */
  concat: number;
  /** The slot's own read, leftmost in the concatenation. */
  read: number;
  parts: number[];
  slot: string;
}

class TextGrowth {
  readonly #binaryen: TextBinaryen;
  readonly #module: TextModule;
  readonly #children: ExpressionChildren;
  readonly #functions: Array<{ name: string; fn: number; body: number }> = [];
  /** Bodies of the functions that only load a field, by name. */
  readonly #fields = new Map<string, number>();
  /** Slots by key: `local <function> <index>`, `global <name>`, `field <getter>`. */
  readonly #slots = new Set<string>();
  #current = '';

  constructor(binaryen: TextBinaryen, module: TextModule) {
    this.#binaryen = binaryen;
    this.#module = module;
    this.#children = createExpressionChildren(binaryen as TextBinaryen & Record<string, unknown>);
    for (let index = 0; index < module.getNumFunctions(); index++) {
      const fn = module.getFunctionByIndex(index);
      const body = binaryen.Function.getBody(fn);
      const name = binaryen.Function.getName(fn);
      // An imported function has no body.
      if (body === 0) continue;
      this.#functions.push({ name, fn, body });
      if (this.#is(body, 'Load') && this.#is(binaryen.Load.getPtr(body), 'LocalGet') && name.includes('#get:')) {
        this.#fields.set(name, body);
      }
    }
  }

  /** @returns false where the kind of an expression is unknown */
  findSlots(): boolean {
    const find = (expression: number): boolean => {
      const places = this.#children(expression);
      if (places === null) return false;
      const site = this.#siteOf(expression);
      if (site !== null) this.#slots.add(site.slot);
      return places.every((place) => {
        const child = place.get(expression);
        return child === 0 || find(child);
      });
    };
    return this.#functions.every(({ name, body }) => {
      this.#current = name;
      return find(body);
    });
  }

  rewrite(): void {
    const { Function: functions } = this.#binaryen;
    for (const { name, fn, body } of this.#functions) {
      if (name.startsWith(LIBRARY)) continue;
      this.#current = name;
      const made = this.#slots.has(`field ${name}`) ? this.#share(body) : this.#rewritten(body);
      if (made !== body) functions.setBody(fn, made);
    }
  }

  #is(expression: number, kind: 'Call' | 'LocalGet' | 'LocalSet' | 'GlobalGet' | 'GlobalSet' | 'Load'): boolean {
    return expression !== 0 && this.#binaryen.getExpressionId(expression) === this.#binaryen[`${kind}Id`];
  }

  #target(expression: number): string | null {
    return this.#is(expression, 'Call') ? this.#binaryen.Call.getTarget(expression) : null;
  }

  #isConcat(expression: number): boolean {
    const target = this.#target(expression);
    return target !== null && CONCAT.has(target);
  }

  /**
   * The key of the variable or field that an expression reads, by which it may be a slot; else
   * null.
   */
  #slotRead(expression: number): string | null {
    const { LocalGet, GlobalGet } = this.#binaryen;
    if (this.#is(expression, 'LocalGet')) return `local ${this.#current} ${LocalGet.getIndex(expression)}`;
    if (this.#is(expression, 'GlobalGet')) return `global ${GlobalGet.getName(expression)}`;
    const target = this.#target(expression);
    return target !== null && this.#fields.has(target) ? `field ${target}` : null;
  }

  #siteOf(expression: number): Site | null {
    const { Call, LocalSet, GlobalSet } = this.#binaryen;
    if (this.#is(expression, 'LocalSet')) {
      return this.#site(this.#valueOf(expression), `local ${this.#current} ${LocalSet.getIndex(expression)}`);
    }
    if (this.#is(expression, 'GlobalSet')) {
      return this.#site(this.#valueOf(expression), `global ${GlobalSet.getName(expression)}`);
    }
    const target = this.#target(expression);
    if (target === null || !target.includes('#set:') || Call.getNumOperands(expression) !== 2) return null;
    const site = this.#site(Call.getOperandAt(expression, 1), `field ${target.replace('#set:', '#get:')}`);
    const same = site !== null && this.#sameObject(Call.getOperandAt(expression, 0), Call.getOperandAt(site.read, 0));
    return same ? site : null;
  }

  #valueOf(expression: number): number {
    return (this.#children(expression) as [ChildPlace])[0].get(expression);
  }

  #site(concat: number, slot: string): Site | null {
    if (!this.#isConcat(concat)) return null;
    const parts: number[] = [];
    let read = concat;
    while (this.#isConcat(read)) {
      parts.unshift(this.#binaryen.Call.getOperandAt(read, 1));
      read = this.#binaryen.Call.getOperandAt(read, 0);
    }
    return this.#slotRead(read) === slot ? { concat, read, parts, slot } : null;
  }

  /** Says whether both read the same variable, or the same field of the same object. */
  #sameObject(left: number, right: number): boolean {
    const slot = this.#slotRead(left);
    if (slot === null || slot !== this.#slotRead(right)) return false;
    const { Call } = this.#binaryen;
    return !this.#is(left, 'Call') || this.#sameObject(Call.getOperandAt(left, 0), Call.getOperandAt(right, 0));
  }

  /** Gives the expression that takes this one's place. */
  #rewritten(expression: number): number {
    const site = this.#siteOf(expression);
    if (site !== null) return this.#append(expression, site);
    if (this.#isConcat(expression)) return this.#concatenation(expression);
    const target = this.#target(expression);
    if (target !== null) {
      const readsOnly = READS_ONLY.has(target);
      this.#rewriteChildren(expression, readsOnly);
      const replacement = REPLACED.get(target);
      // The functions that replace others may call them.
      if (replacement !== undefined && this.#current !== replacement) {
        this.#binaryen.Call.setTarget(expression, replacement);
      }
      return expression;
    }
    const slot = this.#slotRead(expression);
    if (slot !== null && this.#slots.has(slot)) return this.#share(expression);
    this.#rewriteChildren(expression, false);
    if (this.#binaryen.getExpressionId(expression) === this.#binaryen.MemoryGrowId) return this.#grow(expression);
    this.#releaseReplaced(expression);
    return expression;
  }

  /** Replaces the tasklet's own `memory.grow` by the function that reports a failure. */
  #grow(expression: number): number {
    if (this.#current.startsWith(STANDARD)) return expression;
    return this.#module.call(GROW_MEMORY, [this.#valueOf(expression)], this.#binaryen.i32);
  }

  /** Releases the string that a variable held, where an assignment does not append to it. */
  #releaseReplaced(assignment: number): void {
    const { LocalSet, GlobalSet } = this.#binaryen;
    const { i32 } = this.#binaryen;
    if (this.#is(assignment, 'LocalSet')) {
      const index = LocalSet.getIndex(assignment);
      if (!this.#slots.has(`local ${this.#current} ${index}`)) return;
      this.#setValue(assignment, this.#module.local.get(index, i32));
    } else if (this.#is(assignment, 'GlobalSet')) {
      const name = GlobalSet.getName(assignment);
      if (this.#slots.has(`global ${name}`)) this.#setValue(assignment, this.#module.global.get(name, i32));
    }
  }

  #setValue(assignment: number, before: number): void {
    const [place] = this.#children(assignment) as [ChildPlace];
    place.set(assignment, this.#call('replace', [place.get(assignment), before]));
  }

  #rewriteChildren(expression: number, readsOnly: boolean): void {
    const places = this.#children(expression) ?? [];
    const children = places.map((place) => place.get(expression));
    places.forEach((place, index) => {
      const child = children[index] ?? 0;
      if (child === 0) return;
      const made = readsOnly ? this.#looked(child, children.slice(index + 1)) : this.#rewritten(child);
      if (made !== child) place.set(expression, made);
    });
  }

  /**
   * Rewrites a string that is only looked at. Where nothing evaluated until then can append, it is
   * not shared.
   */
  #looked(expression: number, later: readonly number[]): number {
    const slot = this.#slotRead(expression);
    const isVariable = slot !== null && !this.#is(expression, 'Call');
    return isVariable && later.every((one) => this.#isStill(one)) ? expression : this.#rewritten(expression);
  }

  /** Says whether an evaluation of the expression changes nothing. */
  #isStill(expression: number): boolean {
    const { ConstId, LocalGetId, GlobalGetId, UnaryId, BinaryId } = this.#binaryen;
    const kind = this.#binaryen.getExpressionId(expression);
    if (kind === ConstId || kind === LocalGetId || kind === GlobalGetId) return true;
    if (kind !== UnaryId && kind !== BinaryId) return false;
    return (this.#children(expression) ?? []).every((place) => this.#isStill(place.get(expression)));
  }

  #share(expression: number): number {
    return this.#call('share', [expression]);
  }

  #call(name: string, operands: number[]): number {
    return this.#module.call(LIBRARY + name, operands, this.#binaryen.i32);
  }

  /** Says whether the result is a string to which nothing else refers. */
  #isTemporary(expression: number): boolean {
    const target = this.#target(expression);
    return target !== null && (CONCAT.has(target) || MAKES_STRING.test(target));
  }

  #concatenation(expression: number): number {
    const { Call } = this.#binaryen;
    const [left, right] = [Call.getOperandAt(expression, 0), Call.getOperandAt(expression, 1)];
    const name = this.#concatName(this.#isTemporary(left), this.#isTemporary(right));
    Call.setOperandAt(expression, 0, this.#looked(left, [right]));
    Call.setOperandAt(expression, 1, this.#looked(right, []));
    if (name !== null) Call.setTarget(expression, LIBRARY + name);
    return expression;
  }

  #concatName(leftTemporary: boolean, rightTemporary: boolean): string | null {
    if (leftTemporary) return rightTemporary ? 'extendTemporary' : 'extend';
    return rightTemporary ? 'concatTemporary' : null;
  }

  /**
   * Rewrites an assignment. Concatenation is associative, so the parts become one string first, in
   * order.
   */
  #append(assignment: number, { concat, read, parts, slot }: Site): number {
    const { Call } = this.#binaryen;
    let temporary = false;
    let made = 0;
    parts.forEach((part, index) => {
      const isOwn = this.#slotRead(part) === slot;
      // Asked before the part is rewritten, which may change its call.
      const nextTemporary = this.#isTemporary(part);
      const next = isOwn ? this.#rewritten(part) : this.#looked(part, parts.slice(index + 1));
      if (made === 0) {
        [made, temporary] = [next, nextTemporary];
        return;
      }
      const name = this.#concatName(temporary, nextTemporary);
      made =
        name === null
          ? this.#module.call('~lib/string/String.__concat', [made, next], this.#binaryen.i32)
          : this.#call(name, [made, next]);
      temporary = true;
    });
    Call.setOperandAt(concat, 0, this.#call('take', [this.#unshared(read)]));
    Call.setOperandAt(concat, 1, made);
    Call.setTarget(concat, LIBRARY + (temporary ? 'appendTemporary' : 'append'));
    if (this.#is(assignment, 'Call')) {
      Call.setOperandAt(assignment, 0, this.#rewritten(Call.getOperandAt(assignment, 0)));
      return assignment;
    }
    const isTee = this.#is(assignment, 'LocalSet') && this.#binaryen.LocalSet.isTee(assignment);
    return isTee ? this.#share(assignment) : assignment;
  }

  /** The read of a slot by its own assignment, without the getter, which shares the string. */
  #unshared(read: number): number {
    const target = this.#target(read);
    if (target === null) return read;
    const object = this.#rewritten(this.#binaryen.Call.getOperandAt(read, 0));
    const offset = this.#binaryen.Load.getOffset(this.#fields.get(target) ?? 0);
    return this.#module.i32.load(offset, 4, object);
  }
}
