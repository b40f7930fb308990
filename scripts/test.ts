/**
 * Every test, and one closing line: mocha's suites, and the packed extension in a real editor, in
 * two lanes. Arguments are mocha's; those that begin with `test` name files, and then only these
 * are run.
 */
import { type Counts, closeWith } from './counts.ts';
import { runEditorSuites } from './runEditorSuites.ts';
import { runMocha } from './runMocha.ts';
import { startSecondLane } from './startSecondLane.ts';

const given = process.argv.slice(2);
const isEditorSuite = (one: string) => one.startsWith('test/editor/');
const some = given.filter((one) => one.startsWith('test'));

/** Tests of the clouds that boot no machine and take seconds; the others are run by name. */
const QUICK_CLOUDS =
  'test/cloud/{confirmation,endedCertificate,enrolment,keptSecrets,recordCalls,renewMadeCell,replacedMachine,template}.test.ts';

closeWith(some.length === 0 ? await runAll() : await runSome());

async function runAll(): Promise<Counts[]> {
  const secondLane = startSecondLane(given);
  const live = await runMocha([...given, 'test/{cli,daemons,hostile}/**/*.test.ts', QUICK_CLOUDS]);
  return [live, ...(await secondLane())];
}

async function runSome(): Promise<Counts[]> {
  const editorFiles = some.filter(isEditorSuite);
  const parts: Counts[] = [];
  if (some.length > editorFiles.length) parts.push(await runMocha(given.filter((one) => !isEditorSuite(one))));
  if (editorFiles.length > 0) parts.push(await runEditorSuites(editorFiles));
  return parts;
}
