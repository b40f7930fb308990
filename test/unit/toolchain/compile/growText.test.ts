import assert from 'node:assert/strict';
import { stripTypeScriptTypes } from 'node:module';
import fc from 'fast-check';
import { compileAssemblyScript } from '../../../../toolchain/compile/compileAssemblyScript.ts';
import { scratchProgram } from '../../../helpers/scratchProgram.ts';
import { runOnHost } from '../../../helpers/taskletHost.ts';

/**
 * Bodies of functions that return a string, in the part of TypeScript that AssemblyScript and
 * JavaScript share. `DECLARATIONS` lie before all of them.
 */
const ALIASES: Array<[name: string, body: string]> = [
  ['a copy of the variable', 'let s = "a"; s += "b"; let t = s; s += "x"; s += "y"; return s + "|" + t;'],
  ['the copy grows as well', 'let s = "a"; s += "b"; let t = s; s += "x"; t += "y"; s += "z"; return s + "|" + t;'],
  ['two copies of one', 'let s = "a"; s += "b"; let t = s; let u = s; t += "1"; u += "2"; s += "3"; return s + t + u;'],
  [
    'an element of an array',
    'let s = ""; const all = new Array<string>(); for (let i = 0; i < 5; i++) { s += "x"; all.push(s); } return all.join(",") + s;',
  ],
  [
    'an element that grows',
    'const all = ["a", "b"]; let s = all[0]; s += "1"; all[0] += "2"; s += all[0]; all[1] = s; s += "3"; return all.join(",") + s;',
  ],
  [
    'a key and a value of a map',
    'let s = "k"; s += "1"; const map = new Map<string, string>(); map.set(s, s); s += "2"; map.set(s, s); return map.get("k1") + map.get("k12") + s;',
  ],
  ['an argument that is kept', 'let s = "a"; s += "b"; keep(s); s += "c"; keep(s); s += "d"; return kept() + s;'],
  [
    'an argument that grows',
    'let s = "a"; s += "b"; const t = longer(s); s += "c"; return s + "|" + t + "|" + longer(t) + "|" + t;',
  ],
  ['an argument on its own right side', 'let s = "a"; s += "b"; s += longer(s); s += longer(s); return s;'],
  [
    'kept on its own right side',
    'let s = "a"; s += "b"; s += keep(s); s += "c"; s += keep(s); s += "d"; return kept() + s;',
  ],
  ['itself', 'let s = "a"; s += "b"; s += s; s += s; s = s + s + "c" + s; return s;'],
  ['itself within a chain', 'let s = "a"; s += "b"; s = s + "c" + s + "d" + s; return s;'],
  ['an assignment within the right side', 'let s = "a"; s += "b"; s += (s += "c"); s += (s = "d") + s; return s;'],
  ['an assignment within a chain', 'let s = "a"; s += "b"; s = s + "1" + (s += "2") + s + (s = "3") + s; return s;'],
  [
    'the value of the assignment',
    'let s = "a"; let t = (s += "b"); s += "c"; let u = (s += "d"); s += "e"; return s + t + u;',
  ],
  [
    'a comparison with a later change',
    'let s = "a"; s += "b"; return (s == (s += "c") ? "same" : "other") + (s != "abc" ? "other" : "same");',
  ],
  [
    'a concatenation with a later change',
    'let s = "a"; s += "b"; let t = s + (s += "c"); let u = s + ("<" + (s += "d")) + s; return t + u + s;',
  ],
  [
    'both ways of a condition',
    'let s = "a"; s += "b"; let t = s.length > 1 ? s : "q"; s += "c"; let u = s.length > 9 ? "q" : s; s += "d"; return s + t + u;',
  ],
  ['a returned string', 'let s = made(); s += "1"; let t = made(); t += "2"; s += t; t += s; return s + t;'],
  [
    'a string that starts anew',
    'let s = ""; let all = ""; for (let i = 0; i < 6; i++) { s = "<"; for (let j = 0; j < i; j++) s += "ab"; all += s + ">"; } return all + s;',
  ],
  [
    'a string that starts anew and is kept',
    'let s = "<"; s += "1"; const t = s; s = "<"; s += "22"; const u = s; s = t; s += u; s = u; return s + t + u;',
  ],
  ['a string of the program', 'let s = "constant"; s += "1"; let t = "constant"; t += "2"; return s + t + "constant";'],
  [
    'an empty right side',
    'let s = ""; s += ""; let t = s; s += "a"; s += ""; const u = s; s += "b"; return s + t + u + s.length.toString();',
  ],
  [
    'letters that are cached',
    'let s = "abcabc"; let t = s.charAt(1); let u = s.charAt(4); t += "x"; u += "y"; return t + u + s.charAt(1) + s.charAt(9) + s.charAt(-1) + String.fromCharCode(98) + String.fromCharCode(228);',
  ],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is source of a tasklet.
  ['a template', 'let s = "a"; s += `<${s}>`; const t = `[${s}|${s.length}]`; s += `${t}${s}`; return s + t;'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is source of a tasklet.
  ['a template of itself', 'let s = "a"; s += "b"; s += `${s}-${s += "c"}-${s}`; return s;'],
  [
    'joined and released',
    'let s = "["; const all = ["a", "b"]; s += all.join("-"); s = "<" + all.join("+") + ">" + s; const one = ["single"]; const t = one.join(","); return s + t + one[0] + new Array<string>().join(",") + "!";',
  ],
  [
    'numbers and released',
    'let s = ""; for (let i = 0; i < 20; i++) { s += i.toString() + ":" + (i * 7).toString() + ";"; const t = i.toString(); s += t + t; } return s;',
  ],
  [
    'a field',
    'const page = new Page(); page.add("a"); page.add("b"); const t = page.out; page.add("c"); page.out += "d"; return page.out + "|" + t;',
  ],
  [
    'a field of two objects',
    'const a = new Page(); const b = new Page(); a.add("x"); a.add("y"); b.out = a.out; b.add("1"); a.add("2"); a.out = b.out + a.out; b.out = a.out + "!"; return a.out + "|" + b.out;',
  ],
  [
    'a field of an object of an object',
    'const book = new Book(); book.page.out += "a"; book.page.out += "b"; const t = book.page.out; book.page.out += "c"; const other = book.page; book.page = new Page(); book.page.out += "d"; return t + other.out + book.page.out;',
  ],
  [
    'a field of a derived class',
    'const p = new Derived(); p.add("a"); p.out += "b"; const t = p.twice(); p.out += "c"; return p.out + t + p.twice();',
  ],
  [
    'a field whose object changes on the right',
    'const page = new Page(); page.out += "a"; page.out += page.added("b"); page.out += page.added("c"); return page.out;',
  ],
  [
    'a field behind an accessor',
    'const box = new Box(); box.text += "a"; box.text += "b"; const t = box.text; box.text += "c"; return box.text + t + box.reads.toString();',
  ],
  ['a static field', 'Page.all += "a"; Page.all += "b"; const t = Page.all; Page.all += "c"; return Page.all + t;'],
  ['a global', 'written = ""; write("a"); write("b"); const t = written; write("c"); return written + t;'],
  [
    'a global that its right side changes',
    'written = "-"; written += wrote("a"); written += wrote("b"); const t = written; written += wrote("c"); return written + t;',
  ],
  [
    'a global looked at while it changes',
    'written = "-"; write("a"); const t = written + wrote("b") + written; return (written == wrote("-ab") ? "same" : "other") + t + written;',
  ],
  [
    'a nullable variable',
    'let n: string | null = null; let s = "a"; for (let i = 0; i < 4; i++) { s += "b"; if (i == 1) n = s; } return s + (n != null ? n! : "null");',
  ],
  [
    'a string looked at by position',
    'let s = ""; for (let i = 0; i < 30; i++) { s += "ab"; if (s.charCodeAt(i) == 97 && s.endsWith("b") && s.indexOf("ba") < 2) s += "."; } return s;',
  ],
  [
    'many strings in turn',
    'let a = ""; let b = ""; let c = ""; for (let i = 0; i < 60; i++) { a += "1"; b += a; c += "x" + b.length.toString(); if (i % 7 == 0) a = c.substring(0, 3); } return a + "|" + b + "|" + c;',
  ],
  [
    'a long one beside short ones',
    'let long = ""; for (let i = 0; i < 300; i++) { let short = "<"; for (let j = 0; j < i % 40; j++) short += "x"; long += short; if (i % 50 == 0) keep(short); } return long + kept();',
  ],
  ['recursion', 'return nested(6, "");'],
  ['a parameter', 'let s = "a"; s += "b"; return grown(s, 3) + grown(s, 2) + s;'],
  [
    'a loop that leaves with a copy',
    'let s = ""; let t = ""; while (true) { s += "a"; if (s.length == 3) t = s; if (s.length == 6) break; } return s + t;',
  ],
  [
    'a function value',
    'const f = (x: string): string => { x += "1"; const y = x; x += "2"; return x + y; }; let s = "a"; s += "b"; return f(s) + s + f(s);',
  ],
  [
    'a closed-over object',
    'const list = [new Page()]; list[0].out += "a"; list[0].out += "b"; const t = list[0].out; list[0].out += "c"; return list[0].out + t;',
  ],
  [
    'split and joined again',
    'let s = ""; for (let i = 0; i < 9; i++) s += "a,b"; const parts = s.split(","); s += "c"; const t = parts.join(";"); s += t; return s + "|" + t + "|" + parts.length.toString();',
  ],
];

const DECLARATIONS = `
let written: string = "";
function write(x: string): void { written += x; }
function wrote(x: string): string { written += x; return x; }
const keptStrings: string[] = [];
function keep(x: string): string { keptStrings.push(x); return "k"; }
function kept(): string { const all = keptStrings.join("/"); keptStrings.length = 0; return all; }
function longer(x: string): string { x += "+"; x += "+"; return x; }
function made(): string { let x = ""; for (let i = 0; i < 4; i++) x += "m"; return x; }
function nested(depth: i32, before: string): string { if (depth == 0) return before; let x = before; x += "("; x += nested(depth - 1, x); x += ")"; return x; }
function grown(x: string, times: i32): string { for (let i = 0; i < times; i++) { x += "g"; keep(x); } return x + kept(); }
class Page {
  static all: string = "";
  out: string = "";
  add(x: string): void { this.out += x; }
  added(x: string): string { this.out += x; return this.out; }
}
class Derived extends Page { twice(): string { this.out += "t"; const t = this.out; this.out += "u"; return t + this.out; } }
class Book { page: Page = new Page(); }
class Box { private kept: string = ""; reads: i32 = 0; get text(): string { this.reads++; return this.kept; } set text(x: string) { this.kept = x; } }
`;

/** Gives what AssemblyScript and JavaScript make of each body. */
async function bothOf(bodies: readonly string[]): Promise<Array<{ ours: string; theirs: string }>> {
  const functions = bodies.map((body, index) => `function case${index}(): string { ${body} }`).join('\n');
  const calls = bodies.map((_, index) => `if (at == ${index}) return case${index}();`).join('\n');
  const text = `${DECLARATIONS}${functions}
function one(at: i32): string { ${calls} return ""; }
`;
  await using scratch = await scratchProgram('demo.ts', {
    'demo.ts': `${text}export function compute(input: string): string { return one(<i32>parseInt(input)); }\n`,
  });
  const { wasm, diagnostics } = await compileAssemblyScript({ program: scratch.program, tasklet: scratch.tasklet });
  assert.deepEqual(diagnostics, []);
  assert.ok(wasm !== null);
  const script = new Function('at', `${stripTypeScriptTypes(text)} return one(at);`) as (at: number) => string;
  return bodies.map((_, index) => {
    const run = runOnHost(wasm, { input: String(index) });
    return { ours: run.trap ?? run.text, theirs: script(index) };
  });
}

describe('strings that grow in place', () => {
  let answers: Array<{ ours: string; theirs: string }>;
  before(async () => {
    answers = await bothOf(ALIASES.map(([, body]) => body));
  });

  describe('are never seen to change', () => {
    ALIASES.forEach(([name], index) => {
      it(name, () => {
        const { ours, theirs } = answers[index] ?? assert.fail();
        assert.equal(ours, theirs);
        assert.notEqual(theirs, '');
      });
    });
  });

  it('are those of JavaScript in any order of statements', async () => {
    const variable = fc.constantFrom('a', 'b', 'c', 'written', 'page.out', 'all[0]');
    const part: fc.Arbitrary<string> = fc.oneof(
      variable,
      fc.constantFrom(
        '"x"',
        '""',
        '"longer text"',
        'a.length.toString()',
        'longer(b)',
        'keep(a)',
        'made()',
        'a.charAt(1)',
      ),
      fc.constantFrom(
        // biome-ignore lint/suspicious/noTemplateCurlyInString: this is source of a tasklet.
        '`<${b}>`',
        'all.join("-")',
        'wrote("w")',
        '(b += "y")',
        '(c = a)',
        'page.added("p")',
        'b.substring(1)',
      ),
    );
    const right = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(' + '));
    const statement = fc.oneof(
      fc.tuple(variable, right).map(([to, from]) => `${to} += ${from};`),
      fc.tuple(variable, right).map(([to, from]) => `${to} = ${to} + ${from};`),
      fc.tuple(variable, right).map(([to, from]) => `${to} = ${from};`),
      fc.tuple(variable, variable).map(([to, from]) => `if (${to} == ${from}) ${to} += "="; else ${to} = ${from};`),
      // Keeps the strings short enough for many rounds.
      variable.map((name) => `if (${name}.length > 200) ${name} = ${name}.substring(0, 3);`),
    );
    const body = fc.array(statement, { minLength: 3, maxLength: 12 }).map(
      (lines) =>
        `written = ""; let a = "a"; let b = ""; let c = "c"; const page = new Page(); const all = ["e"];
for (let i = 0; i < 4; i++) { ${lines.join(' ')} if (a.length > 500) a = "a"; if (b.length > 500) b = ""; if (c.length > 500) c = ""; if (written.length > 500) written = ""; if (page.out.length > 500) page.out = ""; if (all[0].length > 500) all[0] = ""; }
return a + "|" + b + "|" + c + "|" + written + "|" + page.out + "|" + all[0] + "|" + kept();`,
    );
    const bodies = fc.sample(body, { numRuns: 100, seed: 30 });
    for (const [index, { ours, theirs }] of (await bothOf(bodies)).entries()) {
      assert.equal(ours, theirs, bodies[index]);
    }
  });
});
