import assert from 'node:assert/strict';
import type { ParsedFunction, ParsedSource } from '../../../../toolchain/compile/assemblyScriptCompiler.ts';
import { entryPoint } from '../../../../toolchain/compile/assemblyScriptEntry.ts';

const NAME_AT = { start: 16, end: 23 };

function compute(given: Partial<ParsedFunction> = {}): ParsedFunction {
  return {
    name: 'compute',
    exported: true,
    generic: false,
    start: 0,
    nameAt: NAME_AT,
    params: [{ type: 'Uint8Array', start: 24, end: 41 }],
    returns: 'Uint8Array',
    returnsAt: { start: 43, end: 53 },
    ...given,
  };
}

const entry = (...functions: ParsedFunction[]) => entryPoint({ functions } as ParsedSource, 'tasklets/demo.ts');

function text(...functions: ParsedFunction[]): string {
  const made = entry(...functions);
  return 'text' in made ? made.text : assert.fail(made.fault.message);
}

const input = (type: string) => [{ type, start: 24, end: 41 }];

describe('entryPoint', () => {
  const types: Array<[takes: string, gives: string, read: string, write: string]> = [
    ['Uint8Array', 'Uint8Array', 'inputBytes', 'outputBytes'],
    ['string', 'Uint8Array', 'inputText', 'outputBytes'],
    ['Uint8Array', 'string', 'inputBytes', 'outputText'],
    ['String', 'String', 'inputText', 'outputText'],
  ];
  for (const [takes, gives, read, write] of types) {
    it(`calls a compute of ${takes} to ${gives} by ${read} and ${write}`, () => {
      const made = text(compute({ params: input(takes), returns: gives }));
      assert.match(made, new RegExp(`import \\{ ${read}, ${write} \\} from "grafos-std/entry"`));
      assert.match(made, new RegExp(`: ${write}\\(answer\\)`));
      // A text that is not UTF-8 has failed the run already.
      assert.equal(made.includes('if (input === null) return 1;'), read === 'inputText');
      assert.match(made, /import \{ compute \} from "\.\.\/tasklets\/demo"/);
    });
  }

  for (const [what, functions] of [
    ['from another file', []],
    ['of types with names of their own', [compute({ params: input('Bytes') })]],
    ['of a result with a name of its own', [compute({ returns: 'Bytes' })]],
  ] as const) {
    it(`lets the compiler infer a compute ${what}`, () => {
      assert.match(text(...functions), /return call\(compute, handle, length\);/);
    });
  }

  it('has the three functions of the profile', () => {
    for (const name of ['_grafos_tasklet_init', '_grafos_tasklet_run', '_grafos_tasklet_finalize'])
      assert.match(text(compute()), new RegExp(`export function ${name}\\(`));
  });

  const second = { type: 'i32', start: 43, end: 49 };
  const faults: Array<[what: string, given: Partial<ParsedFunction>, kind: string, span: object, words: RegExp]> = [
    ['that is not exported', { exported: false, start: 7 }, 'missing', NAME_AT, /not exported/],
    ['that is generic', { generic: true }, 'shape', NAME_AT, /generic/],
    ['without an input', { params: [] }, 'shape', NAME_AT, /must take/],
    ['of two inputs', { params: [...input('string'), second] }, 'shape', second, /nothing else/],
  ];
  for (const [what, given, kind, span, words] of faults) {
    it(`refuses a compute ${what}`, () => {
      const made = entry(compute(given));
      const fault = 'fault' in made ? made.fault : assert.fail(made.text);
      assert.deepEqual(
        [fault.kind, fault.span.start, fault.span.end],
        [kind, (span as typeof second).start, (span as typeof second).end],
      );
      assert.match(fault.message, words);
      assert.equal(fault.exportAt, kind === 'missing' ? 7 : undefined);
    });
  }
});
