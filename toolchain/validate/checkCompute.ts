import type { Span } from '../../program/textLines.ts';
import type { Place } from './checkModule.ts';
import { importStd, type ScriptFile } from './scriptFile.ts';
import type { ComputeFunction, ScriptOutline } from './scriptOutline.ts';
import type { ScriptToken } from './scriptTokens.ts';
import type { TaskletContext } from './taskletContext.ts';

const SHAPE = 'export function compute(input: Uint8Array): Uint8Array (or string, for either)';
const STUB = 'export function compute(input: Uint8Array): Uint8Array {\n  return input;\n}\n';

/**
 * Checks the one function that an AssemblyScript tasklet must have: it is there, exported, and of a
 * shape that the generated entry point can call.
 */
export function checkCompute(context: TaskletContext, script: ScriptFile): void {
  const { file, outline, lines } = script;
  const { compute, tokens, text } = outline;
  if (compute === null) {
    // It is exported from another file, or as a constant or class. The compiler says whether that
    // can be called.
    if (outline.declared.has('compute')) return;
    const end = lines.rangeOf({ start: text.length, end: text.length });
    const empty = tokens.length === 0;
    context.report(
      'GRF2103',
      file,
      lines.rangeOf({ start: 0, end: Math.min(text.length, firstLineEnd(text)) }),
      `There is no exported function compute, so grafOS has nothing to call. Write ${SHAPE}.`,
      {
        title: 'Add compute',
        edits: [{ range: end, newText: `${empty || text.endsWith('\n') ? '' : '\n'}${empty ? '' : '\n'}${STUB}` }],
      },
    );
    return;
  }
  if (!compute.exported) {
    const at = lines.rangeOf({ start: compute.start, end: compute.start });
    context.report(
      'GRF2103',
      file,
      lines.rangeOf(compute.name),
      'compute is not exported, so grafOS cannot call it. Write export in front of it.',
      {
        title: 'Export compute',
        edits: [{ range: at, newText: 'export ' }],
      },
    );
  }
  checkShape(context, script, compute);
  checkCopies(context, script, compute);
}

function checkShape(context: TaskletContext, { file, outline, lines }: ScriptFile, compute: ComputeFunction): void {
  const report = (
    place: Place['range'],
    what: string,
    fix?: { title: string; start: number; end: number; newText: string },
  ) =>
    context.report(
      'GRF2104',
      file,
      place,
      `${what} Write ${SHAPE}.`,
      fix === undefined
        ? undefined
        : { title: fix.title, edits: [{ range: lines.rangeOf(fix), newText: fix.newText }] },
    );
  const list = lines.rangeOf({ start: compute.paramsStart, end: Math.max(compute.paramsStart, compute.paramsEnd - 1) });
  const [input, ...more] = compute.params;
  if (input === undefined) {
    report(lines.rangeOf(compute.name), 'compute takes no input, and it is called with one.', {
      title: 'Add the parameter input: Uint8Array',
      start: compute.paramsStart,
      end: compute.paramsStart,
      newText: 'input: Uint8Array',
    });
  } else if (more.length > 0) {
    report(list, `compute takes ${compute.params.length} parameters, and it is called with one: the input.`);
  } else if (!fits(outline, input.type)) {
    const [from, to] = [input.type[0], input.type.at(-1)];
    report(
      list,
      input.type.length === 0
        ? 'The input of compute has no type.'
        : `compute takes ${words(input.type)}, and its input is bytes or text.`,
      from === undefined || to === undefined
        ? undefined
        : { title: 'Take Uint8Array', start: from.start, end: to.end, newText: 'Uint8Array' },
    );
  }
  if (compute.returns.length === 0) {
    report(lines.rangeOf(compute.name), 'compute does not say what it returns, and its output is bytes or text.', {
      title: 'Return Uint8Array',
      start: compute.paramsEnd,
      end: compute.paramsEnd,
      newText: ': Uint8Array',
    });
  } else if (!fits(outline, compute.returns)) {
    const [from, to] = [compute.returns[0], compute.returns.at(-1)];
    if (from === undefined || to === undefined) return;
    report(
      lines.rangeOf({ start: from.start, end: to.end }),
      `compute returns ${words(compute.returns)}, and its output is bytes or text.`,
    );
  }
}

/** A type that this file or an import names may be one of the two; the compiler knows. */
function fits(outline: ScriptOutline, type: ScriptToken[]): boolean {
  const text = words(type);
  return (
    text === 'Uint8Array' || text === 'string' || text === 'String' || (type.length === 1 && outline.declared.has(text))
  );
}

function words(type: ScriptToken[]): string {
  return type.map(({ text }) => text).join('');
}

const COPIES = new Set(['slice', 'concat', 'map', 'filter', 'toString', 'join']);

/** A copy of the whole input before anything was asked about its length. */
function checkCopies(context: TaskletContext, script: ScriptFile, compute: ComputeFunction): void {
  const { file, outline, lines } = script;
  const { tokens } = outline;
  const [input] = compute.params;
  const brace = tokens[compute.bodyFrom];
  if (input === undefined || words(input.type) !== 'Uint8Array' || brace?.text !== '{') return;
  const copy = firstCopy(tokens.slice(compute.bodyFrom + 1, compute.bodyTo), input.name);
  if (copy === null) return;
  const call = words(compute.returns) === 'string' ? 'fail<string>' : 'fail';
  const edits = [
    {
      range: lines.rangeOf({ start: brace.end, end: brace.end }),
      newText: `\n  if (${input.name}.length > 65_536) return ${call}("input_too_large");`,
    },
    ...importStd(script, 'fail'),
  ];
  context.report(
    'GRF2109',
    file,
    lines.rangeOf(copy),
    'An input may be 16 MiB; this copies all of it, and nothing bounds its length before, so a large input fills the linear memory and the run ends in a trap. Refuse what is too long first.',
    { title: 'Refuse inputs above 64 KiB', edits },
  );
}

function firstCopy(body: ScriptToken[], input: string): Span | null {
  const word = (at: number) => body[at]?.text ?? '';
  const span = (from: number, to: number): Span => ({ start: body[from]?.start ?? 0, end: body[to]?.end ?? 0 });
  for (let at = 0; at < body.length; at++) {
    const token = body[at];
    if (token?.kind !== 'name' || token.text !== input || word(at - 1) === '.') continue;
    const member = word(at + 1) === '.' ? word(at + 2) : '';
    if (/^(length|byteLength)$/.test(member)) {
      // Any comparison counts as a bound that the author chose. Its quality cannot be judged here.
      const compared =
        /^[<>=!]/.test(word(at + 3)) ||
        /^[<>]$/.test(word(at - 1)) ||
        (word(at - 1) === '=' && /^[<>]$/.test(word(at - 2)));
      if (compared) return null;
      if (`${word(at - 3)} ${word(at - 2)}${word(at - 1)}${word(at + 3)}` === 'new Uint8Array()')
        return span(at - 3, at + 3);
      continue;
    }
    const whole = word(at + 4) === ')' || (word(at + 4) === '0' && word(at + 5) === ')');
    if (COPIES.has(member) && word(at + 3) === '(' && whole) return span(at, at + 2);
    // String.UTF8.decode(input.buffer)
    if (/^decode(Unsafe)?$/.test(word(at - 2)) && word(at - 1) === '(' && /^UTF(8|16)$/.test(word(at - 4)))
      return span(at - 6, at);
  }
  return null;
}

function firstLineEnd(text: string): number {
  const end = text.search(/[\r\n]/);
  return end === -1 ? text.length : end;
}
