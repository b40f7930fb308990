/**
 * `npm run bench` measures this project and its peers side by side in one run, then the editor.
 *
 * `-- runtime` and the like measure one part. `-- --quick` takes fewer rounds, `-- --no-peers`
 * leaves the peers out.
 *
 * On Linux as root, everything runs in a network namespace of its own, so that no tool reaches out.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { installEditor } from '../test/editor/support/installEditor.ts';
import { installPeers } from './peers/installPeers.ts';

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean' }, 'no-peers': { type: 'boolean' } },
  allowPositionals: true,
});
const [section] = positionals;
const modules =
  values['no-peers'] || ['runtime', 'editor', 'hostile'].includes(section ?? '') ? undefined : installPeers();
const alone = 'GRAFOS_BENCH_ALONE';
// The editor is installed here, like the peers, because the namespace below has no network.
if (process.env[alone] === undefined && (section === undefined || section === 'editor'))
  process.env.GRAFOS_EDITOR_CACHE = resolve(await installEditor((line) => console.log(line)), '../../..');
if (process.platform === 'linux' && process.getuid?.() === 0 && process.env[alone] === undefined) {
  const enter = ['-n', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh', process.execPath];
  const inside = spawnSync('unshare', [...enter, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, [alone]: '1' },
  });
  process.exit(inside.status ?? 1);
}
if (process.env[alone] === undefined)
  console.log('Not in a network namespace of its own (needs Linux and root): the peers may reach out.');

// The records of a person who runs the bench stay as they are.
const state = mkdtempSync(join(tmpdir(), 'grafos-bench-state-'));
process.env.XDG_STATE_HOME = join(state, 'state');
process.env.XDG_CACHE_HOME = join(state, 'cache');
process.on('exit', () => rmSync(state, { recursive: true, force: true }));

const [rounds, seconds] = values.quick ? [3, 2] : [11, 6];
console.log(
  `${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}; medians of ${rounds}, loads of ${seconds} s\n`,
);
switch (section) {
  case undefined:
    await (await import('./loopReport.ts')).loopReport(rounds, seconds, modules);
    console.log();
    await (await import('./editorReport.ts')).editorReport(rounds);
    break;
  case 'loop':
    await (await import('./loopReport.ts')).loopReport(rounds, seconds, modules);
    break;
  case 'runtime':
    await (await import('./runtimeReport.ts')).runtimeReport();
    break;
  case 'meter':
    await (await import('./meter.ts')).benchMeter(modules, values.quick ? 7 : 31);
    break;
  case 'hostile':
    await (await import('./hostileReport.ts')).hostileReport(values.quick ? 200 : 1_000);
    break;
  case 'editor':
    await (await import('./editorReport.ts')).editorReport(rounds);
    break;
  default:
    console.error(`There is no section "${section}". Choose loop, editor, runtime, meter or hostile.`);
    process.exitCode = 2;
}
