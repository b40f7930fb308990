/**
 * `npm run bench` measures this project and its peers side by side in one run, then the editor.
 *
 * `-- runtime` and the like measure one part. `-- --quick` takes fewer rounds, `-- --no-peers`
 * leaves the peers out, `-- --write` stores the figures in docs/internals/performance.md.
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
import { conditions, writeFigures } from './performancePage.ts';
import { Report } from './report.ts';
import { SECTIONS, type SectionName } from './sections.ts';

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean' }, 'no-peers': { type: 'boolean' }, write: { type: 'boolean' } },
  allowPositionals: true,
});
const [given] = positionals;
const isSection = (name: string): name is SectionName => Object.hasOwn(SECTIONS, name);
if (given !== undefined && !isSection(given)) {
  console.error(`There is no section "${given}". Choose from ${Object.keys(SECTIONS).join(', ')}.`);
  process.exit(2);
}
const sections: SectionName[] = given === undefined ? ['loop', 'editor'] : [given];
const modules = values['no-peers'] || !sections.some((name) => SECTIONS[name].hasPeers) ? undefined : installPeers();
const alone = 'GRAFOS_BENCH_ALONE';
// The editor is installed here, like the peers, because the namespace below has no network.
if (process.env[alone] === undefined && sections.includes('editor'))
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

const quick = values.quick === true;
const [rounds, seconds] = quick ? [3, 2] : [11, 6];
console.log(`${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}`);
for (const name of sections) {
  const options = [...(quick ? ['--quick'] : []), ...(values['no-peers'] ? ['--no-peers'] : [])];
  const before = conditions(name, options);
  const report = new Report();
  console.log();
  await SECTIONS[name].measure(report, { quick, rounds, seconds }, modules);
  if (values.write) writeFigures(name, before, report.lines);
}
