import type { Load } from '../test/helpers/measure.ts';
import { innerLoop } from './innerLoop.ts';
import { lambdaLocal } from './peers/lambdaLocal.ts';
import { miniflare } from './peers/miniflare.ts';
import type { PeerFigures } from './peers/peer.ts';
import { restate } from './peers/restate.ts';
import { wranglerDev } from './peers/wranglerDev.ts';
import type { Report } from './report.ts';

/**
 * Prints the inner loop beside its peers.
 *
 * @param modules folder of the installed peers; undefined leaves them out
 */
export async function loopReport(
  report: Report,
  rounds: number,
  seconds: number,
  modules: string | undefined,
): Promise<void> {
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
  report.table([
    ['', 'grafos', ...Object.keys(peers)],
    ['start to first answer (dev up)', ms(ours.dev_up), ...peerRow((peer) => ms(peer.first_answer_ms))],
    ['one cold call (deploy run)', ms(ours.deploy_run_cold), ...peerRow((peer) => ms(peer.one_shot_ms))],
    ['warm call, 1 client, p50', ms(at(ours.loads, 1)?.p50_ms), ...peerRow((peer) => ms(at(peer.loads, 1)?.p50_ms))],
    ['warm calls, 1 client', rate(at(ours.loads, 1)), ...peerRow((peer) => rate(at(peer.loads, 1)))],
    [
      'warm call, 32 clients, p50',
      ms(at(ours.loads, 32)?.p50_ms),
      ...peerRow((peer) => ms(at(peer.loads, 32)?.p50_ms)),
    ],
    [
      'warm call, 32 clients, p99',
      ms(at(ours.loads, 32)?.p99_ms),
      ...peerRow((peer) => ms(at(peer.loads, 32)?.p99_ms)),
    ],
    ['warm calls, 32 clients', rate(at(ours.loads, 32)), ...peerRow((peer) => rate(at(peer.loads, 32)))],
    ['idle memory (proportional)', mib(ours.idle_mib), ...peerRow((peer) => mib(peer.idle_mib))],
  ]);
  report.print('');
  report.table([
    ['bare node', ms(ours.bare_node)],
    ['validate (built program)', ms(ours.validate)],
    ['tasklet build, cold process', ms(ours.tasklet_build_cold)],
    ['tasklet build, warm compiler', ms(ours.tasklet_build_warm)],
    ['tasklet build, nothing changed', ms(ours.tasklet_build_same)],
    ['dev down', ms(ours.dev_down)],
  ]);
  const wrangler = peers['wrangler dev']?.first_answer_ms;
  const lambda = peers['lambda-local']?.one_shot_ms;
  if (wrangler !== undefined && lambda !== undefined) {
    report.print(`\ndev up / wrangler's first answer: ${(ours.dev_up / wrangler).toFixed(2)} (aim: at most 0.30)`);
    report.print(`deploy run / lambda-local: ${(ours.deploy_run_cold / lambda).toFixed(2)} (aim: at most 1.00)`);
  }
}
