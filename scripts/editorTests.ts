/**
 * The real-editor suites alone, or those of the workbench that are named. `--electron`: the suite
 * inside the extension host, in a VS Code that is downloaded.
 */
import { closeWith } from './counts.ts';
import { runEditorSuites, runElectronSuite } from './runEditorSuites.ts';

const given = process.argv.slice(2);
const counts = given.includes('--electron')
  ? await runElectronSuite()
  : await runEditorSuites(given.filter((one) => one.startsWith('test')));
closeWith([counts]);
