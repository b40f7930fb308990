/**
 * Runs every test: the suites of mocha, then the packed extension in a real editor. One line closes
 * the run.
 *
 * Arguments go to mocha. Arguments that begin with `test` name files, and then only these are run.
 */
import { closeWith } from './counts.ts';
import { runEditorSuites } from './runEditorSuites.ts';
import { runMocha } from './runMocha.ts';

const given = process.argv.slice(2);
const isEditorSuite = (one: string) => one.startsWith('test/editor/');
const some = given.filter((one) => one.startsWith('test'));
const editorFiles = some.filter(isEditorSuite);
const parts = [];
if (some.length === 0 || some.length > editorFiles.length) {
  const everything =
    some.length === 0 ? ['test/{unit,contract,protocol,daemons,hostile,cli,conformance}/**/*.test.ts'] : [];
  parts.push(await runMocha([...given.filter((one) => !isEditorSuite(one)), ...everything]));
}
if (some.length === 0 || editorFiles.length > 0) parts.push(await runEditorSuites(editorFiles));
closeWith(parts);
