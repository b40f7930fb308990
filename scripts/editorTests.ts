/**
 * Runs the real-editor suites alone, or the named ones of the workbench. `--electron` runs the
 * suite inside the extension host, in a VS Code that is downloaded.
 */
import { closeWith } from './counts.ts';
import { runEditorSuites, runElectronSuite } from './runEditorSuites.ts';

const given = process.argv.slice(2);
closeWith([
  given.includes('--electron')
    ? await runElectronSuite()
    : await runEditorSuites(given.filter((one) => one.startsWith('test'))),
]);
