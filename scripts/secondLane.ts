/**
 * One half of the whole run of tests: the real-editor suites, which wait for windows most of the
 * time, and then the suites that mostly compute. The other half starts daemons. The parent process
 * gets the counts through its channel. Arguments are mocha's.
 */
import { runEditorSuites } from './runEditorSuites.ts';
import { runMocha } from './runMocha.ts';

const editor = await runEditorSuites([]);
const computing = await runMocha([...process.argv.slice(2), 'test/{unit,contract,programs,conformance}/**/*.test.ts']);
process.send?.([editor, computing]);
process.disconnect();
