/**
 * AssemblyScript text: what compiles and still cannot run in a cell, or runs other than its author
 * thinks. Findings are functions of the text.
 */
import { PROFILE } from '../../wasm/profile.ts';
import { checkCompute } from './checkCompute.ts';
import { checkLabel, snake } from './errorLabel.ts';
import { importStd, type ScriptFile, STD, scriptFiles } from './scriptFile.ts';
import type { ScriptOutline } from './scriptOutline.ts';
import type { ScriptToken } from './scriptTokens.ts';
import type { TaskletContext } from './taskletContext.ts';

/**
 * `explainsEnv`: the host parts that were found account for imports from `env` in the built module.
 * `sources`: every file that was read.
 */
export function checkScript(
  context: TaskletContext,
  entry: string,
  entryText: string,
): { explainsEnv: boolean; sources: string[] } {
  const before = context.findings.length;
  const [first, ...others] = scriptFiles(entry, entryText, context.files, (one) => context.findings.push(one));
  if (first !== undefined) {
    checkCompute(context, first);
    for (const one of [first, ...others]) checkUses(context, one);
  }
  const added = context.findings.slice(before);
  return {
    sources: [first, ...others].flatMap((one) => one?.file ?? []),
    explainsEnv: added.some(({ code }) => /^GRF210[5678]$/.test(code)),
  };
}

/** The levels of grafos-std by the methods of a console. */
const LEVELS = new Map([
  ['log', 'info'],
  ['info', 'info'],
  ['warn', 'warn'],
  ['error', 'error'],
  ['debug', 'debug'],
  ['trace', 'trace'],
]);

/** One use of a name in a script: the token at `at`. */
interface Use {
  context: TaskletContext;
  script: ScriptFile;
  at: number;
  token: ScriptToken;
  /** The token after a dot that follows. */
  member: ScriptToken | undefined;
  /** The script does not declare the name itself. */
  isGlobal: boolean;
}

const CHECKS: Record<string, (use: Use, nestedFrom: number) => void> = {
  Date: checkClock,
  performance: checkClock,
  Math: checkMathRandom,
  Mathf: checkMathRandom,
  NativeMath: checkMathRandom,
  crypto: checkCrypto,
  console: checkConsole,
  trace: checkTrace,
  throw: ({ context, script, at }, nestedFrom) => checkThrow(context, script, at, nestedFrom),
  fail: ({ context, script, at }) => checkFail(context, script, at),
  declare: checkDeclared,
};

function checkUses(context: TaskletContext, script: ScriptFile): void {
  const { outline } = script;
  const { tokens, declared } = outline;
  const nestedFrom = firstNested(outline);
  tokens.forEach((token, at) => {
    const word = (index: number) => tokens[index]?.text;
    if (token.text === '@' && word(at + 1) === 'external' && word(at + 2) === '(') checkExternal(context, script, at);
    if (token.kind !== 'name' || word(at - 1) === '.' || !Object.hasOwn(CHECKS, token.text)) return;
    const member = word(at + 1) === '.' ? tokens[at + 2] : undefined;
    CHECKS[token.text]?.({ context, script, at, token, member, isGlobal: !declared.has(token.text) }, nestedFrom);
  });
  checkImports(context, script);
}

function rangeOf({ lines }: ScriptFile, from: ScriptToken, to: ScriptToken = from) {
  return lines.rangeOf({ start: from.start, end: to.end });
}

/** Replaces tokens, and imports the name used from grafos-std. */
function useStd(script: ScriptFile, title: string, from: ScriptToken, to: ScriptToken, newText: string, name: string) {
  return { title, edits: [{ range: rangeOf(script, from, to), newText }, ...importStd(script, name)] };
}

/** The parenthesis that closes a call of the member without arguments. */
function emptyCall({ script, at }: Use): ScriptToken | undefined {
  const { tokens } = script.outline;
  return tokens[at + 3]?.text === '(' && tokens[at + 4]?.text === ')' ? tokens[at + 4] : undefined;
}

function checkClock(use: Use): void {
  const { context, script, at, token, member, isGlobal } = use;
  if (!isGlobal) return;
  const { tokens } = script.outline;
  const word = (index: number) => tokens[index]?.text;
  if (member?.text === 'now') {
    const close = emptyCall(use);
    context.report(
      'GRF2105',
      script.file,
      rangeOf(script, token, member),
      `${token.text}.now() reads the clock of the host, which a tasklet does not have: a run must give the same output again when it is replayed. Use clock() of ${STD}, nanoseconds as i64.`,
      token.text === 'Date' && close !== undefined
        ? useStd(script, 'Use clock() of grafos-std', token, close, '(clock() / 1_000_000)', 'clock')
        : undefined,
    );
  } else if (token.text === 'Date' && word(at - 1) === 'new' && (word(at + 1) !== '(' || word(at + 2) === ')')) {
    context.report(
      'GRF2105',
      script.file,
      rangeOf(script, tokens[at - 1] ?? token, token),
      `new Date() without a time reads the clock of the host, which a tasklet does not have. Give it the time: new Date(clock() / 1_000_000), with clock() of ${STD}.`,
    );
  }
}

function checkMathRandom(use: Use): void {
  const { context, script, token, member, isGlobal } = use;
  if (!isGlobal || member?.text !== 'random') return;
  const close = emptyCall(use);
  const call = token.text === 'Mathf' ? '<f32>random.f64()' : 'random.f64()';
  context.report(
    'GRF2106',
    script.file,
    rangeOf(script, token, member),
    `${token.text}.random() takes its seed from the host, and a tasklet has no such import: a run must give the same output again when it is replayed. Use random.f64() of ${STD}, which follows from the run's recorded seed.`,
    close === undefined ? undefined : useStd(script, 'Use random.f64() of grafos-std', token, close, call, 'random'),
  );
}

function checkCrypto({ context, script, token, member, isGlobal }: Use): void {
  if (!isGlobal || member?.text !== 'getRandomValues') return;
  context.report(
    'GRF2106',
    script.file,
    rangeOf(script, token, member),
    `crypto.getRandomValues() asks the host for random numbers, and a tasklet has no such import. Use random.fill(bytes) of ${STD}; it is the same again in a replay, so it makes no secrets.`,
  );
}

function checkConsole({ context, script, token, member, isGlobal }: Use): void {
  if (!isGlobal || member?.kind !== 'name') return;
  const level = LEVELS.get(member.text);
  context.report(
    'GRF2108',
    script.file,
    rangeOf(script, token, member),
    `console.${member.text} needs a console, and a cell has none. Use log.${level ?? 'info'}(text) of ${STD}; it writes to run.log.`,
    level === undefined
      ? undefined
      : useStd(script, `Use log.${level} of grafos-std`, token, member, `log.${level}`, 'log'),
  );
}

function checkTrace({ context, script, at, token, isGlobal }: Use): void {
  const { tokens } = script.outline;
  if (!isGlobal || tokens[at + 1]?.text !== '(' || tokens[at - 1]?.text === 'function') return;
  context.report(
    'GRF2108',
    script.file,
    rangeOf(script, token),
    `trace() imports from "env", which a cell does not have. Use log.trace(text) of ${STD}; it writes to run.log.`,
  );
}

function checkDeclared({ context, script, at, token }: Use): void {
  const { tokens } = script.outline;
  if (tokens[at + 1]?.text !== 'function') return;
  const isDecorated = tokens
    .slice(Math.max(0, at - 12), at)
    .some((one, index, all) => one.text === 'external' && all[index - 1]?.text === '@');
  const name = tokens[at + 2];
  if (isDecorated || name === undefined) return;
  context.report(
    'GRF2107',
    script.file,
    rangeOf(script, token, name),
    `A declared function without a body is imported from a module named after this file, which a cell does not have. Give ${name.text} a body, or take what ${STD} offers.`,
  );
}

function checkImports(context: TaskletContext, script: ScriptFile): void {
  for (const { from, fromToken } of script.outline.imports) {
    if (!/^(wasi|as-wasi|@assemblyscript\/wasi-shim|node:|fs$|path$|os$|process$)/.test(from)) continue;
    context.report(
      'GRF2107',
      script.file,
      rangeOf(script, fromToken),
      `"${from}" needs WASI or Node, and a cell has neither: a tasklet sees its input, its output and its lease, nothing else. Take what ${STD} offers.`,
    );
  }
}

/** `@external("module", "name")`, or `@external("name")` whose module is named after the file. */
function checkExternal(context: TaskletContext, { file, outline, lines }: ScriptFile, at: number): void {
  const { tokens } = outline;
  const text = (index: number) => (tokens[index]?.kind === 'string' ? tokens[index] : undefined);
  const module = text(at + 3);
  const name = tokens[at + 4]?.text === ',' ? text(at + 5) : undefined;
  if (module === undefined) return;
  const range = lines.rangeOf({ start: module.start, end: (name ?? module).end });
  const known = Object.entries(PROFILE.imports).find(([one]) => one === module.value);
  if (name === undefined || known === undefined) {
    const what = name === undefined ? 'a module named after this file' : `"${module.value}"`;
    context.report(
      'GRF2107',
      file,
      range,
      `This imports from ${what}, and tasklet-profile-v0 allows ${Object.keys(PROFILE.imports).join(', ')} only, so no cell would take the module. Use what ${STD} offers.`,
    );
  } else if (!known[1].some((one: { name: string }) => one.name === name.value)) {
    context.report(
      'GRF2107',
      file,
      range,
      `"${module.value}" has no function "${name.value}". It has ${known[1].map((one: { name: string }) => one.name).join(', ')}.`,
    );
  }
}

function checkThrow(context: TaskletContext, script: ScriptFile, at: number, nestedFrom: number): void {
  const { file, outline, lines } = script;
  const { tokens, compute } = outline;
  const token = tokens[at];
  if (token === undefined) return;
  const text = tokens[at + 4];
  const close = tokens[at + 5];
  const simple =
    tokens[at + 1]?.text === 'new' && tokens[at + 3]?.text === '(' && text?.kind === 'string' && close?.text === ')';
  const inCompute = compute !== null && at > compute.bodyFrom && at < compute.bodyTo;
  const nested = at > nestedFrom;
  const label = snake(text?.value ?? '');
  const returns = compute?.returns.map((one) => one.text).join('') ?? '';
  const call = returns === 'string' ? 'fail<string>' : 'fail';
  context.report(
    'GRF2110',
    file,
    lines.rangeOf(token),
    `AssemblyScript has no exceptions: throw ends the run as trap_unreachable, and the caller gets no label to tell the error by. Write return fail("some_label").`,
    simple && inCompute && !nested && label !== null && close !== undefined
      ? {
          title: `Return fail("${label}")`,
          edits: [
            { range: lines.rangeOf({ start: token.start, end: close.end }), newText: `return ${call}("${label}")` },
            ...importStd(script, 'fail'),
          ],
        }
      : undefined,
  );
}

/**
 * Index of the first token of compute's body that opens a function of its own. The tokens before it
 * belong to compute itself.
 */
function firstNested({ tokens, compute }: ScriptOutline): number {
  if (compute === null) return -1;
  for (let at = compute.bodyFrom; at < compute.bodyTo; at++) {
    if (tokens[at]?.text === 'function' || tokens[at]?.text === '=>') return at;
  }
  return compute.bodyTo;
}

/** Tokens of the type that `fail` is given. */
const TYPE_TOKENS_MAX = 100;

function checkFail(context: TaskletContext, { file, outline, lines }: ScriptFile, at: number): void {
  const { tokens, imports } = outline;
  if (!imports.some((one) => one.from.includes('grafos') && one.names.includes('fail'))) return;
  let open = at + 1;
  if (tokens[open]?.text === '<') while (open < at + TYPE_TOKENS_MAX && tokens[open]?.text !== '(') open++;
  const label = tokens[open + 1];
  if (tokens[open]?.text !== '(' || label?.kind !== 'string' || tokens[open + 2]?.text !== ')') return;
  checkLabel(context, file, lines.rangeOf(label), label.value ?? '');
}
