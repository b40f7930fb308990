/**
 * `npm run bench`: this project and its peers side by side in one run. `-- --quick` takes fewer rounds, `-- --no-peers` leaves the peers out.
 * On Linux as root all of it is measured in a network namespace of its own, so that no tool reaches out.
 */
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { innerLoop } from './innerLoop.ts';
import type { Load } from './measure.ts';
import { installPeers } from './peers/installPeers.ts';
import { lambdaLocal } from './peers/lambdaLocal.ts';
import { miniflare } from './peers/miniflare.ts';
import type { PeerFigures } from './peers/peer.ts';
import { restate } from './peers/restate.ts';
import { wranglerDev } from './peers/wranglerDev.ts';

const { values } = parseArgs({ options: { quick: { type: 'boolean' }, 'no-peers': { type: 'boolean' } } });
const modules = values['no-peers'] ? undefined : installPeers();
const alone = 'GRAFOS_BENCH_ALONE';
if (process.platform === 'linux' && process.getuid?.() === 0 && process.env[alone] === undefined) {
  const inside = spawnSync(
    'unshare',
    ['-n', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh', process.execPath, ...process.argv.slice(1)],
    {
      stdio: 'inherit',
      env: { ...process.env, [alone]: '1' },
    },
  );
  process.exit(inside.status ?? 1);
}
if (process.env[alone] === undefined)
  console.log('Not in a network namespace of its own (needs Linux and root): the peers may reach out.');

const [rounds, seconds] = values.quick ? [3, 2] : [11, 6];
console.log(
  `${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}; medians of ${rounds}, loads of ${seconds} s\n`,
);

const ours = await innerLoop(rounds, seconds);
const peers: Record<string, PeerFigures> = {};
if (modules !== undefined) {
  peers['wrangler dev'] = await wranglerDev(modules, seconds);
  peers.miniflare = await miniflare(modules, seconds);
  peers['lambda-local'] = await lambdaLocal(modules, rounds);
  peers.restate = await restate(modules, seconds);
}

const ms = (value: number | undefined) =>
  value === undefined ? '' : value < 10 ? `${value.toFixed(2)} ms` : `${Math.round(value)} ms`;
const mib = (value: number | undefined) => (value === undefined ? '' : `${Math.round(value)} MiB`);
const at = (loads: Load[] | undefined, clients: number) => loads?.find((one) => one.clients === clients);
const rate = (one: Load | undefined) =>
  one === undefined ? '' : `${Math.round(one.per_second).toLocaleString('en')}/s`;
const peerRow = (pick: (figures: PeerFigures) => string) => Object.values(peers).map(pick);
print([
  ['', 'grafos', ...Object.keys(peers)],
  ['start to first answer (dev up)', ms(ours.dev_up), ...peerRow((peer) => ms(peer.first_answer_ms))],
  ['one cold call (deploy run)', ms(ours.deploy_run_cold), ...peerRow((peer) => ms(peer.one_shot_ms))],
  ['warm call, 1 client, p50', ms(at(ours.loads, 1)?.p50_ms), ...peerRow((peer) => ms(at(peer.loads, 1)?.p50_ms))],
  ['warm calls, 1 client', rate(at(ours.loads, 1)), ...peerRow((peer) => rate(at(peer.loads, 1)))],
  ['warm call, 32 clients, p50', ms(at(ours.loads, 32)?.p50_ms), ...peerRow((peer) => ms(at(peer.loads, 32)?.p50_ms))],
  ['warm call, 32 clients, p99', ms(at(ours.loads, 32)?.p99_ms), ...peerRow((peer) => ms(at(peer.loads, 32)?.p99_ms))],
  ['warm calls, 32 clients', rate(at(ours.loads, 32)), ...peerRow((peer) => rate(at(peer.loads, 32)))],
  ['idle memory (proportional)', mib(ours.idle_mib), ...peerRow((peer) => mib(peer.idle_mib))],
]);
console.log('');
print([
  ['bare node', ms(ours.bare_node)],
  ['validate (built program)', ms(ours.validate)],
  ['tasklet build, cold process', ms(ours.tasklet_build_cold)],
  ['tasklet build, warm compiler', ms(ours.tasklet_build_warm)],
  ['dev down', ms(ours.dev_down)],
]);
const wrangler = peers['wrangler dev']?.first_answer_ms;
const lambda = peers['lambda-local']?.one_shot_ms;
if (wrangler !== undefined && lambda !== undefined) {
  console.log(`\ndev up / wrangler's first answer: ${(ours.dev_up / wrangler).toFixed(2)} (aim: at most 0.30)`);
  console.log(`deploy run / lambda-local: ${(ours.deploy_run_cold / lambda).toFixed(2)} (aim: at most 1.00)`);
}

function print(rows: string[][]): void {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  '),
    );
}
