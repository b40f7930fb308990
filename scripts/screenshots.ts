/**
 * Takes the pictures of the README and of the guide anew: runs the newcomer in the real editor and
 * keeps what it photographed. Needs what `npm run build` made.
 */
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { closeWith } from './counts.ts';
import { runEditorSuites } from './runEditorSuites.ts';

const root = join(import.meta.dirname, '..');
const PICTURES = ['problem', 'deploy-to', 'run-panel-aws'];

const counts = await runEditorSuites(['test/editor/workbench/newcomer.test.ts']);
if (counts.failed === 0 && counts.passed > 0) {
  const folder = join(root, 'docs', 'guide', 'screenshots');
  await mkdir(folder, { recursive: true });
  for (const name of PICTURES) {
    await copyFile(join(root, 'build', 'screenshots', `${name}.png`), join(folder, `${name}.png`));
  }
}
closeWith([counts]);
