import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { checkProfile, PROFILE, type ProfileFunction } from '../../../wasm/profile.ts';
import { readModule } from '../../../wasm/read/readModule.ts';
import { compileWat } from '../../helpers/compileWat.ts';

const MEMORY = '(memory (export "memory") 1)';
const INIT = '(func (export "_grafos_tasklet_init") (param i32 i32))';
const RUN = '(func (export "_grafos_tasklet_run") (param i32 i32) (result i32) (i32.const 0))';
const FINALIZE = '(func (export "_grafos_tasklet_finalize"))';

const problems = (...parts: string[]) =>
  checkProfile(readModule(compileWat(`(module ${parts.join('\n')})`))).map((problem) => [
    problem.severity,
    problem.kind,
    problem.subject,
  ]);

const importText = (module: string, entry: ProfileFunction) =>
  `(import "${module}" "${entry.name}" (func
    ${entry.params.map(([, type]) => `(param ${type})`).join(' ')} ${entry.results.map((type) => `(result ${type})`).join(' ')}))`;

const ALL_IMPORTS: Array<[string, ProfileFunction]> = Object.entries(PROFILE.imports).flatMap(([module, functions]) =>
  functions.map((entry): [string, ProfileFunction] => [module, entry]),
);

describe('checkProfile', () => {
  it('finds nothing in the smallest tasklet, nor in one that imports everything and has a start section', () => {
    assert.deepEqual(problems(MEMORY, INIT, RUN, FINALIZE), []);
    const imports = ALL_IMPORTS.map(([module, entry]) => importText(module, entry));
    assert.deepEqual(problems(...imports, MEMORY, INIT, RUN, FINALIZE, '(func $s) (start $s)'), []);
  });

  const rows: Array<[what: string, parts: string[], expected: string[][]]> = [
    [
      'an empty module',
      [],
      [
        ['error', 'export_missing', 'memory'],
        ['error', 'export_missing', '_grafos_tasklet_init'],
        ['error', 'export_missing', '_grafos_tasklet_run'],
        ['error', 'export_missing', '_grafos_tasklet_finalize'],
      ],
    ],
    ['a missing finalize', [MEMORY, INIT, RUN], [['error', 'export_missing', '_grafos_tasklet_finalize']]],
    [
      'a run that returns nothing',
      [MEMORY, INIT, '(func (export "_grafos_tasklet_run") (param i32 i32))', FINALIZE],
      [['error', 'export_signature', '_grafos_tasklet_run']],
    ],
    [
      'an init of one parameter too many',
      [MEMORY, '(func (export "_grafos_tasklet_init") (param i32 i32 i32))', RUN, FINALIZE],
      [['error', 'export_signature', '_grafos_tasklet_init']],
    ],
    [
      'a global named run',
      [MEMORY, INIT, '(global (export "_grafos_tasklet_run") i32 (i32.const 0))', FINALIZE],
      [['error', 'export_kind', '_grafos_tasklet_run']],
    ],
    [
      'a function named memory',
      ['(func (export "memory"))', INIT, RUN, FINALIZE],
      [['error', 'export_kind', 'memory']],
    ],
    [
      'an extra export',
      [MEMORY, INIT, RUN, FINALIZE, '(func (export "helper"))'],
      [['warning', 'export_extra', 'helper']],
    ],
    [
      'WASI',
      ['(import "wasi_snapshot_preview1" "fd_write" (func))', MEMORY, INIT, RUN, FINALIZE],
      [['error', 'import_module_unknown', 'wasi_snapshot_preview1.fd_write']],
    ],
    [
      'a module named like a property of every object',
      ['(import "constructor" "name" (func))', MEMORY, INIT, RUN, FINALIZE],
      [['error', 'import_module_unknown', 'constructor.name']],
    ],
    [
      'an imported memory',
      ['(import "env" "memory" (memory 1))', '(export "memory" (memory 0))', INIT, RUN, FINALIZE],
      [['error', 'import_module_unknown', 'env.memory']],
    ],
    [
      'an unknown function of a known module',
      ['(import "grafos_tasklet_v0" "spawn" (func))', MEMORY, INIT, RUN, FINALIZE],
      [['error', 'import_unknown', 'grafos_tasklet_v0.spawn']],
    ],
    [
      'a global named like a function',
      ['(import "grafos_tasklet_v0" "log" (global i32))', MEMORY, INIT, RUN, FINALIZE],
      [['error', 'import_kind', 'grafos_tasklet_v0.log']],
    ],
    [
      'a clock of the wrong type',
      ['(import "grafos_tasklet_v0" "clock_unix_nanos" (func (result f64)))', MEMORY, INIT, RUN, FINALIZE],
      [['error', 'import_signature', 'grafos_tasklet_v0.clock_unix_nanos']],
    ],
  ];
  for (const [what, parts, expected] of rows) {
    it(`reports ${what}`, () => assert.deepEqual(problems(...parts), expected));
  }

  it('refuses each import when its type is any other', () => {
    for (const [module, entry] of ALL_IMPORTS) {
      const altered = importText(module, { ...entry, params: [...entry.params, ['more', 'i32']] });
      assert.deepEqual(problems(altered, MEMORY, INIT, RUN, FINALIZE), [
        ['error', 'import_signature', `${module}.${entry.name}`],
      ]);
    }
  });

  it('holds the memory minimum against a limit when one is given', () => {
    const module = readModule(compileWat(`(module (memory (export "memory") 3) ${INIT} ${RUN} ${FINALIZE})`));
    assert.deepEqual(checkProfile(module, { memoryMaxPages: 3 }), []);
    const [problem] = checkProfile(module, { memoryMaxPages: 2 });
    assert.equal(problem?.kind, 'memory_above_limit');
    assert.match(problem?.message ?? '', /3 pages.*2/);
  });

  it('says what is there and what must be', () => {
    const bytes = compileWat(
      `(module ${MEMORY} ${INIT} (func (export "_grafos_tasklet_run") (param f32)) ${FINALIZE})`,
    );
    const [problem] = checkProfile(readModule(bytes));
    assert.match(problem?.message ?? '', /\(f32\) -> \(\) and must be \(i32, i32\) -> \(i32\)/);
  });

  it('is what docs/reference/tasklet-abi.md says', () => {
    const page = readFileSync(new URL('../../../docs/reference/tasklet-abi.md', import.meta.url), 'utf8');
    const all: ProfileFunction[] = [...PROFILE.exports, ...ALL_IMPORTS.map(([, entry]) => entry)];
    for (const { name, params, results } of all) {
      const shape = params.map(([param, type]) => `${param}: ${type}`).join(', ');
      const line = `\`${name}(${shape})${results.length === 0 ? '' : ` -> ${results.join(', ')}`}\``;
      assert.ok(page.includes(line), `docs/reference/tasklet-abi.md lacks ${line}`);
    }
    for (const module of Object.keys(PROFILE.imports)) assert.ok(page.includes(`\`${module}\``), module);
  });
});
