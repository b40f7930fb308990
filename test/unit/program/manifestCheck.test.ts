import assert from 'node:assert/strict';
import { checkKeys } from '../../../program/manifestCheck.ts';
import { textLines } from '../../../program/textLines.ts';
import { readToml } from '../../../program/tomlDocument.ts';
import { applyEdits } from '../../helpers/applyFix.ts';

const PROGRAM = '[program]\nname = "p"\nversion = "0.1.0"\n';
const TASKLET = '[[tasklet]]\nname = "t"\nsource = "t.ts"\n';

function check(text: string) {
  const { root, fault } = readToml(text);
  assert.equal(fault, null);
  const lines = textLines(text);
  const checked = checkKeys(root, lines);
  const marks = checked.problems.map(({ kind, range }) =>
    `${kind} ${text.slice(lines.offsetAt(range.start), lines.offsetAt(range.end))}`.trim(),
  );
  return { ...checked, marks };
}

const TABLE: Array<[what: string, text: string, marks: string[], fixed?: string]> = [
  ['a whole manifest', `${PROGRAM}${TASKLET}[tasklet.requires]\ngpu = 0\n[stack]\n`, []],
  [
    'a table that is nearly one',
    `[progam]\nname = "p"\n${TASKLET}`,
    ['unknown-key progam', 'missing-key ['],
    `[program]\nname = "p"\n${TASKLET}`,
  ],
  ['a table that is nearly one which is there', `${PROGRAM}${TASKLET}[progam]\n`, ['unknown-key progam']],
  ['a key that is nearly one which is there', `${PROGRAM}${TASKLET}fuel = 1\nfule = 5\n`, ['unknown-key fule']],
  ['a table like no other', `${PROGRAM}${TASKLET}[zebra]\n`, ['unknown-key zebra']],
  ['requires without its tasklet', `${PROGRAM}${TASKLET}[requires]\ngpu = 1\n`, ['unknown-key requires']],
  ['a key outside every table', `fuel = 5\n${PROGRAM}${TASKLET}`, ['unknown-key fuel']],
  ['a key of another table', `${PROGRAM}fuel = 5\n${TASKLET}`, ['unknown-key fuel']],
  [
    'a key that is nearly one',
    `${PROGRAM}${TASKLET}fule = 5\n`,
    ['unknown-key fule'],
    `${PROGRAM}${TASKLET}fuel = 5\n`,
  ],
  ['a key that is none', `${PROGRAM}${TASKLET}zebra = 5\n`, ['unknown-key zebra']],
  [
    'no [program]',
    TASKLET,
    ['missing-key ['],
    '[program]\nname = "local-dev"\nversion = "0.1.0"\n\n[[tasklet]]\nname = "t"\nsource = "t.ts"\n',
  ],
  ['a program that is no table', `program = 1\n${TASKLET}`, ['wrong-type 1']],
  [
    'a program in double brackets',
    `[[program]]\nname = "p"\nversion = "0.1.0"\n${TASKLET}`,
    ['wrong-table-form [[program]]'],
    `${PROGRAM}${TASKLET}`,
  ],
  [
    'a program without its version',
    `[program]\nname = "p"\n${TASKLET}`,
    ['missing-key [program]'],
    `[program]\nversion = "0.1.0"\nname = "p"\n${TASKLET}`,
  ],
  [
    'a tasklet in single brackets',
    `${PROGRAM}[tasklet]\nname = "t"\nsource = "t.ts"\n`,
    ['wrong-table-form [tasklet]'],
    `${PROGRAM}${TASKLET}`,
  ],
  ['a tasklet that is no table', `tasklet = [5]\n${PROGRAM}`, ['wrong-type 5']],
  ['tasklets that are no list', `tasklet = 5\n${PROGRAM}`, ['wrong-type 5']],
  ['no tasklets', PROGRAM, ['no-tasklets [program]']],
  ['two of one name', `${PROGRAM}${TASKLET}${TASKLET}`, ['duplicate-name "t"']],
  ['requires that is no table', `${PROGRAM}${TASKLET}requires = 5\n`, ['wrong-type 5']],
  ['a stack that is no table', `stack = 5\n${PROGRAM}${TASKLET}`, ['wrong-type 5']],
  ['two stacks', `${PROGRAM}${TASKLET}[[stack]]\n`, ['wrong-type stack']],
];

describe('checkKeys', () => {
  for (const [what, text, marks, fixed] of TABLE) {
    it(`${what}: ${marks.join(', ') || 'nothing'}`, () => {
      const { marks: found, problems } = check(text);
      assert.deepEqual(found, marks);
      const [fix] = problems.flatMap((problem) => problem.fix ?? []);
      assert.equal(fix === undefined ? undefined : applyEdits(text, fix.edits), fixed);
      if (fixed !== undefined) assert.ok(!check(fixed).marks.includes(marks[0] ?? ''), 'the fix mends it');
    });
  }

  it('offers a source that is named after its tasklet', () => {
    const text = `${PROGRAM}[[tasklet]]\nname = "sum"\n`;
    const [fix] = check(text).problems.flatMap((problem) => problem.fix ?? []);
    assert.deepEqual(
      fix?.edits.map(({ newText }) => newText),
      ['\nsource = "tasklets/sum.ts"'],
    );
  });

  it('says which tasklet has the fault', () => {
    const { problems, tasklets } = check(`${PROGRAM}${TASKLET}[[tasklet]]\nname = "u"\nsource = "u.ts"\nfuel = "x"\n`);
    assert.deepEqual(
      problems.map(({ tasklet }) => tasklet),
      [tasklets[1]?.table],
    );
  });

  it('keeps values of the right type, and leaves out the others', () => {
    const { tasklets, stack } = check(`${PROGRAM}${TASKLET}fuel = "many"\nmem = "4KiB"\n`);
    assert.deepEqual(Object.keys(tasklets[0]?.values ?? {}), ['name', 'source', 'mem']);
    assert.equal(stack, null);
    assert.deepEqual(check(`${PROGRAM}${TASKLET}[stack]\n`).stack, {});
  });
});
