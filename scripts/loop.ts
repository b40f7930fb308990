/** Runs the inner loop on one recipe, every command as a person would type it, for `npm start`. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const recipe = join(root, 'cookbook', 'local-dev');
const grafos = join(root, 'bin', 'grafos.cjs');

let failed = 0;
let runId = '';
const up = await step('dev up');
if (up.code === 0) {
  await step('tasklet build');
  await step('validate');
  const run = await step('deploy run --provider local --tasklet local-dev --mem 32768 --json');
  if (run.code === 0) runId = JSON.parse(run.stdout).run_id;
  if (runId !== '') await step(`artifacts ${runId} --download`);
}
await step('dev down');
process.exitCode = failed === 0 ? 0 : 1;

async function step(command: string): Promise<{ code: number; stdout: string }> {
  console.log(`\n$ grafos ${command}`);
  const child = spawn(process.execPath, [grafos, ...command.split(' ')], {
    cwd: recipe,
    stdio: ['inherit', 'pipe', 'inherit'],
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    process.stdout.write(text);
  });
  const code = await new Promise<number>((resolve) => child.on('close', (exit) => resolve(exit ?? 1)));
  if (code !== 0) failed += 1;
  return { code, stdout };
}
