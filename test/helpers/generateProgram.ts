/**
 * Small valid programs from a tape of numbers.
 *
 * They end by themselves: a function only calls later ones, or itself until that is too deep or a
 * counter has run out, and a loop counts down a local that nothing else writes. They trap, branch,
 * call the host, touch memory and use every kind of control flow that the meter knows.
 */
type Type = 'i32' | 'i64' | 'f64';

const FUNCTIONS = 4;
const LOCALS: Type[] = ['i32', 'i64', 'i32', 'i64', 'f64', 'f64'];
const COUNTERS = 3;
/** An f64 that only what is computed goes into, after the counters. */
const SUM = LOCALS.length + COUNTERS;

const BINARY: Record<Type, string[]> = {
  i32: ['add', 'sub', 'mul', 'and', 'or', 'xor', 'shl', 'shr_u', 'shr_s', 'rotl', 'div_s', 'div_u', 'rem_s', 'rem_u'],
  i64: ['add', 'sub', 'mul', 'and', 'or', 'xor', 'shl', 'shr_s', 'rotr', 'div_s', 'rem_u'],
  f64: ['add', 'sub', 'mul', 'min', 'max', 'div', 'copysign'],
};
const CONSTANTS: Record<Type, string[]> = {
  i32: ['0', '1', '-1', '2', '7', '255', '65532', '65536', '0x80000000', '0x7fffffff'],
  i64: ['0', '1', '-1', '3', '0x8000000000000000', '123456789012345'],
  f64: ['0', '1', '-1.5', '3e9', '1e300', '-2147483649', 'inf', 'nan:0x4000000000001', '-nan'],
};

class Generator {
  private readonly tape: readonly number[];
  private at = 0;
  private labels: string[] = [];
  private counters = 0;
  private names = 0;

  constructor(tape: readonly number[]) {
    this.tape = tape;
  }

  /**
   * The next number of the tape, below `below`; 0 once it has run out, so that programs stay small.
   */
  private pick(below: number): number {
    const number = this.tape[this.at++] ?? 0;
    return number % below;
  }

  private of<T>(choices: readonly T[]): T {
    return choices[this.pick(choices.length)] as T;
  }

  private get spent(): boolean {
    return this.at >= this.tape.length;
  }

  function(index: number): string {
    this.labels = [];
    this.counters = 0;
    const body = this.statements(index, 4) + this.recursion(index);
    const sum = body.includes(`(local.set ${SUM} `) ? `(f64.store (i32.const ${8 * index}) (local.get ${SUM}))` : '';
    const locals = [...LOCALS.slice(2), ...Array(COUNTERS).fill('i32'), 'f64']
      .map((type) => `(local ${type})`)
      .join(' ');
    return `(func $f${index} (export "f${index}") (param i32 i64) (result i32) ${locals}\n${body}\n${sum}${this.expression('i32', index, 3)})`;
  }

  /** One function in four calls itself, at most 30 deep or without end. */
  private recursion(index: number): string {
    const kind = this.pick(8);
    if (this.spent || kind > 1) return '';
    const self = `(drop (call $f${index} (local.get 0) (local.get 1)))`;
    if (kind === 0) return this.pick(2) === 0 ? self : '';
    return `(if (i32.lt_u (global.get $depth) (i32.const 30)) (then
      (global.set $depth (i32.add (global.get $depth) (i32.const 1))) ${self}))`;
  }

  private statements(index: number, depth: number): string {
    const count = 1 + this.pick(3);
    return Array.from({ length: count }, () => this.statement(index, depth)).join('\n');
  }

  private statement(index: number, depth: number): string {
    if (depth === 0 || this.spent) return 'nop';
    const inner = depth - 1;
    switch (this.pick(17)) {
      case 0:
        return this.loop(index, inner);
      case 1: {
        const test = this.expression('i32', index, inner);
        const otherwise = this.pick(2) === 0 ? '' : `(else ${this.labelled(index, inner)})`;
        return `(if ${test} (then ${this.labelled(index, inner)}) ${otherwise})`;
      }
      case 2: {
        const label = `$b${this.names++}`;
        this.labels.push(label);
        const body = this.statements(index, inner);
        this.labels.pop();
        return `(block ${label} ${body})`;
      }
      case 3:
        return this.labels.length === 0
          ? 'nop'
          : `(br_if ${this.of(this.labels)} ${this.expression('i32', index, inner)})`;
      case 4:
        return this.labels.length === 0 ? 'nop' : `(br ${this.of(this.labels)})`;
      case 5: {
        if (this.labels.length === 0) return 'nop';
        const targets = Array.from({ length: 1 + this.pick(3) }, () => this.of(this.labels)).join(' ');
        return `(br_table ${targets} ${this.expression('i32', index, inner)})`;
      }
      case 6: {
        const type = this.of<Type>(['i32', 'i64', 'f64']);
        if (type === 'f64' && this.pick(2) === 0) {
          const operation = this.of(['add', 'mul', 'div']);
          return `(local.set ${SUM} (f64.${operation} (local.get ${SUM}) ${this.expression(type, index, inner)}))`;
        }
        return `(local.set ${this.local(type)} ${this.expression(type, index, inner)})`;
      }
      case 7: {
        const operation = this.of(['i32.store', 'i32.store8 offset=3', 'i32.store16', 'v128.store', 'f64.store']);
        if (operation === 'v128.store')
          return `(${operation} ${this.address(index, inner)} ${this.vector(index, inner)})`;
        if (operation === 'f64.store')
          return `(${operation} ${this.address(index, inner)} ${this.expression('f64', index, inner)})`;
        return `(${operation} ${this.address(index, inner)} ${this.expression('i32', index, inner)})`;
      }
      case 8:
        return `(global.set $g ${this.expression('i64', index, inner)})`;
      case 9:
        return `(drop (memory.grow (i32.and (i32.const 1) ${this.expression('i32', index, inner)})))`;
      case 10:
        return this.pick(4) === 0 ? 'unreachable' : 'nop nop';
      case 11:
        return this.pick(3) === 0
          ? `(return ${this.expression('i32', index, inner)})`
          : `(drop ${this.expression('i32', index, inner)})`;
      case 12:
        if (index + 1 >= FUNCTIONS || this.pick(3) > 0) return 'nop';
        return `(return_call $f${index + 1} ${this.expression('i32', index, inner)} ${this.expression('i64', index, inner)})`;
      case 13:
        return `(memory.fill ${this.address(index, inner)} ${this.expression('i32', index, inner)} (i32.const ${this.of([0, 5, 65_000])}))`;
      case 14:
      case 15:
        return this.smallLoop();
      default:
        return `${this.expression('i32', index, inner)} ${this.expression('i32', index, inner)} (block (param i32 i32) (result i32) i32.xor) drop`;
    }
  }

  private labelled(index: number, depth: number): string {
    return this.statements(index, depth);
  }

  private loop(index: number, depth: number): string {
    if (this.counters >= COUNTERS) return 'nop';
    const counter = 2 + LOCALS.slice(2).length + this.counters++;
    const [out, again] = [`$o${this.names}`, `$l${this.names++}`];
    this.labels.push(out, again);
    const body = this.statements(index, depth);
    this.labels.length -= 2;
    this.counters--;
    const rounds = this.pick(5);
    // The two ways compilers write a loop with its test in front.
    if (this.pick(2) === 0) {
      return `(local.set ${counter} (i32.const ${rounds}))
        (block ${out} (loop ${again}
          (if (i32.ne (local.get ${counter}) (i32.const 0)) (then
            (local.set ${counter} (i32.sub (local.get ${counter}) (i32.const 1)))
            ${body}
            (br ${again})))))`;
    }
    return `(local.set ${counter} (i32.const ${rounds}))
      (block ${out} (loop ${again}
        (br_if ${out} (i32.eqz (local.get ${counter})))
        (local.set ${counter} (i32.sub (local.get ${counter}) (i32.const 1)))
        ${body}
        (br ${again})))`;
  }

  /** A loop of one stretch of code, in one of the three ways it can go back. */
  private smallLoop(): string {
    if (this.counters >= COUNTERS) return 'nop';
    const counter = 2 + LOCALS.slice(2).length + this.counters;
    const [out, again] = [`$o${this.names}`, `$l${this.names++}`];
    const exits = [out, ...this.labels];
    const body = Array.from({ length: this.pick(4) }, () => this.smallStatement(exits)).join('\n');
    const begin = `(local.set ${counter} (i32.const ${this.pick(11)}))`;
    const count = `(i32.sub (local.get ${counter}) (i32.const 1))`;
    switch (this.pick(3)) {
      case 0:
        return `${begin} (block ${out} (loop ${again} ${body}
          (br_if ${again} (i32.gt_s (local.tee ${counter} ${count}) (i32.const 0)))))`;
      case 1:
        return `${begin} (block ${out} (loop ${again} (br_if ${out} (i32.eqz (local.get ${counter})))
          (local.set ${counter} ${count}) ${body} (br ${again})))`;
      default:
        return `${begin} (block ${out} (loop ${again} ${body}
          (if (local.get ${counter}) (then (local.set ${counter} ${count}) ${this.smallStatement(exits)} (br ${again})))))`;
    }
  }

  private smallStatement(exits: readonly string[]): string {
    switch (this.pick(5)) {
      case 0:
        return `(i32.store8 offset=${this.of([0, 1, 65_535])} ${this.operand()} ${this.operand()})`;
      case 1:
        return `(local.set 2 (i32.${this.of(BINARY.i32)} ${this.operand()} (i32.load ${this.operand()})))`;
      case 2:
        return `(local.set 0 (i32.${this.of(BINARY.i32)} (local.get 0) ${this.operand()}))`;
      case 3:
        return `(br_if ${this.of(exits)} ${this.operand()})`;
      default:
        return `(local.set ${SUM} (f64.${this.of(BINARY.f64)} (f64.load (i32.const 64)) (local.get 4)))`;
    }
  }

  private operand(): string {
    return this.of([
      '(local.get 0)',
      '(local.get 2)',
      '(i32.const 7)',
      '(i32.and (i32.const 0xff) (local.get 0))',
      '(i32.eqz (local.get 0))',
    ]);
  }

  private local(type: Type, reads = false): number {
    return this.of([
      ...LOCALS.flatMap((one, at) => (one === type ? [at] : [])),
      ...(reads && type === 'f64' ? [SUM] : []),
    ]);
  }

  /** Mostly within the first page. */
  private address(index: number, depth: number): string {
    const any = this.expression('i32', index, depth);
    return this.pick(8) === 0 ? any : `(i32.and (i32.const 0xffff) ${any})`;
  }

  private expression(type: Type, index: number, depth: number): string {
    if (depth === 0 || this.spent) return `(${type}.const ${this.of(CONSTANTS[type])})`;
    const inner = depth - 1;
    const next = (of: Type) => this.expression(of, index, inner);
    switch (this.pick(9)) {
      case 0:
        return `(${type}.const ${this.of(CONSTANTS[type])})`;
      case 1:
        return `(local.get ${this.local(type, true)})`;
      case 2:
        return `(${type}.load${type === 'i32' ? this.of(['', '8_s', '16_u']) : ''} offset=${this.of([0, 1, 9])} ${this.address(index, inner)})`;
      case 3: {
        const label = `$e${this.names++}`;
        return `(block ${label} (result ${type}) (drop (br_if ${label} ${next(type)} ${next('i32')})) ${next(type)})`;
      }
      case 4:
        return `(if (result ${type}) ${next('i32')} (then ${next(type)}) (else ${next(type)}))`;
      case 5:
        return this.convert(type, index, inner);
      case 6:
        return `(select ${next(type)} ${next(type)} ${next('i32')})`;
      default:
        return `(${type}.${this.of(BINARY[type])} ${next(type)} ${next(type)})`;
    }
  }

  private vector(index: number, depth: number): string {
    const loaded = `(v128.load ${this.address(index, depth)})`;
    const splat = `(i32x4.splat ${this.expression('i32', index, depth)})`;
    const operation = this.of([
      'i32x4.add',
      'i16x8.mul',
      'i8x16.swizzle',
      'i64x2.sub',
      'v128.xor',
      'i8x16.min_s',
      'f64x2.div',
      'f32x4.add',
      'f32x4.mul',
      'f64x2.max',
    ]);
    return `(${operation} ${loaded} ${splat})`;
  }

  private convert(type: Type, index: number, depth: number): string {
    const next = (of: Type) => this.expression(of, index, depth);
    if (type === 'i64') {
      return this.of([
        () => `(i64.extend_i32_s ${next('i32')})`,
        () => '(global.get $g)',
        () => `(i64.reinterpret_f64 ${next('f64')})`,
      ])();
    }
    if (type === 'f64') {
      return this.of([
        () => `(f64.convert_i32_s ${next('i32')})`,
        () => `(f64.sqrt ${next('f64')})`,
        () => `(f64.neg ${next('f64')})`,
        () => `(f64.promote_f32 (f32.demote_f64 ${next('f64')}))`,
        () => `(f64x2.extract_lane ${this.pick(2)} ${this.vector(index, depth)})`,
      ])();
    }
    switch (this.pick(7)) {
      case 0:
        return `(i32.wrap_i64 ${next('i64')})`;
      case 1:
        return `(i32.trunc_f64_s ${next('f64')})`;
      case 2:
        return `(call $host ${next('i32')})`;
      case 3:
        return index + 1 < FUNCTIONS
          ? `(call $f${index + 1 + this.pick(FUNCTIONS - index - 1)} ${next('i32')} ${next('i64')})`
          : '(memory.size)';
      case 4:
        // Entries 0 and 1 are the last function and the host, 2 is null. An index past them traps,
        // too.
        return index + 1 < FUNCTIONS
          ? `(call_indirect (type $t) ${next('i32')} ${next('i64')} (i32.const ${this.of([0, 0, 0, 1, 2, 3])}))`
          : `(i32.eqz ${next('i32')})`;
      case 5:
        return `(i32x4.extract_lane ${this.pick(4)} ${this.vector(index, depth)})`;
      default:
        return `(i32.lt_s ${next('i32')} ${next('i32')})`;
    }
  }
}

/**
 * WAT of a module that exports `f0` (i32, i64) -> i32 and `memory`, and imports `h.host` (i32) ->
 * i32.
 */
export function generateProgram(tape: readonly number[]): string {
  const generator = new Generator(tape);
  const functions = Array.from({ length: FUNCTIONS }, (_, index) => generator.function(index)).join('\n');
  return `(module (type $t (func (param i32 i64) (result i32)))
    (import "h" "host" (func $host (param i32) (result i32)))
    (memory (export "memory") 1 3) (global $g (export "g") (mut i64) (i64.const 7))
    (global $depth (mut i32) (i32.const 0))
    (table 3 funcref) (elem (i32.const 0) $f${FUNCTIONS - 1} $host)
    ${functions})`;
}
