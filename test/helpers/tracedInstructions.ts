/** wabt's `wasm-interp` as a second, foreign judge of how many instructions a program executes. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Constants left on the stack and dropped where an arm of an `if` begins and ends, so that the
 * jumps that wabt adds differ from the program's.
 */
const ARM_BEGINS = 987_001;
const ARM_ENDS = 987_002;
/**
 * Instructions that wabt writes as a line of its own and a `br`: `br_if` (when taken), `br_table`,
 * `return_call`.
 */
const JUMPING = ['br_unless', 'br_table', 'adjust_frame_for_return_call'];

/** Why there is no second judge here, in words. */
export function missingForTrace(): string | undefined {
  const found = (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'wasm-interp')));
  return found ? undefined : 'wasm-interp of wabt is not installed (Debian package wabt)';
}

/**
 * Changes a program of `generateProgram` so that each instruction it executes is one line of the
 * trace, or follows from the lines beside it. wabt drops `nop`, gives `return` and the end of a
 * function the same line, and adds jumps over `else`.
 *
 * The program gets an export `run` without parameters that calls `f0`.
 */
export function traceable(text: string): string {
  const mark = (number: number) => `(drop (i32.const ${number}))`;
  return text
    .replaceAll(/\bnop\b/g, mark(0))
    .replaceAll('(return (', '(br $function (')
    .replaceAll(/\(then/g, `(then ${mark(ARM_BEGINS)}`)
    .replaceAll(/\)\s*\(else/g, ` ${mark(ARM_ENDS)}) (else`)
    .replaceAll(/(\(func \$f\d+ .*\n)([\s\S]*?)(?=\n\(func|\)$)/g, (_, head: string, body: string) => {
      const end = body.lastIndexOf(')');
      return `${head}(block $function (result i32) ${body.slice(0, end)}))`;
    })
    .replace(/\)$/, '(func (export "run") (result i32) (call $f0 (i32.const 3) (i64.const 11))))');
}

/**
 * Counts the instructions that `run` of the module executes in wabt's interpreter, the trapping one
 * included. Imports give 0.
 */
export function tracedInstructions(file: string): { executed: number; trapped: boolean } {
  const { stdout, status, stderr } = spawnSync(
    'wasm-interp',
    [file, '--run-all-exports', '--dummy-import-func', '--trace', '--enable-tail-call'],
    { encoding: 'utf8', maxBuffer: 2 ** 28 },
  );
  if (status !== 0 && stdout === '') throw new Error(`wasm-interp ended with ${status}: ${stderr}`);
  const from = stdout.indexOf('>>> running export "run"');
  if (from < 0) throw new Error('wasm-interp did not come to the export "run"');
  let executed = 0;
  let previous = '';
  let hidden = false;
  let end = '';
  for (const line of stdout.slice(from).split('\n')) {
    const [, operation = '', rest = ''] = /^#\d+\.\s+\d+: V:\d+\s*\| (\S+)(.*)$/.exec(line) ?? [];
    if (operation === '') {
      if (line.startsWith('run()')) end = line;
      continue;
    }
    switch (operation) {
      case 'alloca': // the locals, at a function's entry
      case 'drop_keep': // what a jump leaves behind
      case 'catch_drop':
      case 'return': // the end of a function: the program has no other
        break;
      case 'br':
        // Of the line before, or over an `else`; any other is the program's own.
        if (!hidden) executed++;
        hidden = false;
        break;
      default:
        executed++;
        hidden = JUMPING.includes(operation) || (operation === 'drop' && previous === String(ARM_ENDS));
    }
    if (operation !== 'drop_keep' && operation !== 'catch_drop')
      previous = operation === 'i32.const' ? rest.trim() : '';
  }
  if (end === '') throw new Error('wasm-interp did not say how the run ended');
  return { executed, trapped: end.includes('error') };
}
