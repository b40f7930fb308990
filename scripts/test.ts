/**
 * Every test, and one closing line: mocha's suites, and beside them the packed extension in a real
 * editor. Arguments are mocha's; those that begin with `test` name files, and then only these are
 * run.
 */
import { type Counts, closeWith } from './counts.ts';
import { runMocha } from './runMocha.ts';
import { startEditorSuites } from './startEditorSuites.ts';

const given = process.argv.slice(2);
const isEditorSuite = (one: string) => one.startsWith('test/editor/');
const some = given.filter((one) => one.startsWith('test'));
const editorFiles = some.filter(isEditorSuite);
// The editor's suites wait for windows most of the time, so the two go well beside each other.
const editor = some.length === 0 || editorFiles.length > 0 ? startEditorSuites(editorFiles) : undefined;
const parts: Counts[] = [];
if (some.length === 0 || some.length > editorFiles.length) {
  const everything =
    some.length === 0
      ? ['test/{unit,contract,daemons,hostile,programs,cli,conformance}/**/*.test.ts', 'test/cloud/enrolment.test.ts']
      : [];
  parts.push(await runMocha([...given.filter((one) => !isEditorSuite(one)), ...everything]));
}
if (editor !== undefined) parts.push(await editor());
closeWith(parts);
