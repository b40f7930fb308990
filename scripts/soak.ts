/**
 * `npm run soak -- --runs N [--transport quic|tcp]` makes N runs of every kind of end on one cell,
 * the shipped daemon, a few at a time.
 *
 * It prints wrong answers, the resident memory over time, and latencies. The exit code is 1 when an
 * answer was wrong, or when memory or latency drifted.
 */
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { connectFabric } from '../daemons/fabric/fabricClient.ts';
import type { CellFacts } from '../daemons/fabricbiosd/start.ts';
import { median, percentile, residentSetSize } from '../test/helpers/measure.ts';
import { soak } from '../test/helpers/soak.ts';
import { spawnDaemon } from '../toolchain/stack/spawnDaemon.ts';
import { writeDevTrust } from '../toolchain/trust/devTrust.ts';

const CLIENTS = 4;
const DRIFT_MAX = 0.05;
const P99_RATIO_MAX = 1.2;

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '100000' }, transport: { type: 'string', default: 'quic' } },
});
const runs = Number(values.runs);
const { transport } = values;
if (!(Number.isInteger(runs) && runs >= 1_000) || (transport !== 'quic' && transport !== 'tcp')) {
  console.error('Usage: npm run soak -- --runs N [--transport quic|tcp], N a whole number from 1000 on.');
  process.exit(2);
}
const folder = await mkdtemp(join(await realpath(tmpdir()), 'grafos-soak-'));
const trust = writeDevTrust(join(folder, 'trust'), { tenant: 'dev-tenant', cellId: 'soak' });
const daemon = spawnDaemon<CellFacts>(
  'fabricbiosd',
  [
    ...['control-server', '--transport', transport, '--cell-id', 'soak', '--mem-capacity', '128k'],
    ...['--ca', trust.ca, '--cert', trust.fabricbiosd.cert, '--key', trust.fabricbiosd.key],
    ...['--mem-dp-cert', trust.memDataplane.cert, '--mem-dp-key', trust.memDataplane.key],
  ],
  join(folder, 'fabricbiosd.log'),
);
try {
  const { control: address } = await daemon.ready;
  const { pid } = await daemon.state();
  const pem = (path: string) => readFile(path, 'utf8');
  const [caPem, certPem, keyPem] = await Promise.all([
    pem(trust.ca),
    pem(trust.scheduler.cert),
    pem(trust.scheduler.key),
  ]);
  const client = await connectFabric({ address, transport, caPem, certPem, keyPem });
  const memory: number[] = [];
  const begun = performance.now();
  const { wrong, wrongs, took } = await soak({
    client,
    runs,
    clients: CLIENTS,
    onProgress(done, took) {
      memory.push(residentSetSize(pid));
      if (memory.length % 10 !== 0) return;
      const tenth = took.subarray(Math.floor(done - runs / 10), done);
      console.log(
        `${done} runs, ${Math.round(performance.now() - begun) / 1000} s: ${Math.round(memory.at(-1) ?? 0)} MiB, p50 ${ms(percentile([...tenth], 0.5))}, p99 ${ms(percentile([...tenth], 0.99))}`,
      );
    },
  });
  client.close();
  // The first tenth fills caches and warms the engine up; what is there after it is what must stay.
  const [early, late] = [median(memory.slice(10, 20)), median(memory.slice(-10))];
  const p99 = (from: number, to: number) => percentile([...took.subarray(runs * from, runs * to)], 0.99);
  const [first, last] = [p99(0, 0.1), p99(0.9, 1)];
  const drift = late / early - 1;
  for (const line of wrong) console.log(`WRONG ${line}`);
  console.log(
    `${runs} runs on one cell over ${transport}, ${CLIENTS} at a time: ${wrongs} wrong answers; memory ${Math.round(early)} MiB in the second tenth, ${Math.round(late)} MiB in the last ` +
      `(${(100 * drift).toFixed(1)} %); p99 of the first tenth ${ms(first)}, of the last ${ms(last)} (${(last / first).toFixed(2)})`,
  );
  // Where the system does not tell memory (not Linux), it is NaN and not judged.
  process.exitCode = wrongs > 0 || drift > DRIFT_MAX || last / first > P99_RATIO_MAX ? 1 : 0;
} finally {
  await daemon.end();
  await rm(folder, { recursive: true, force: true });
}

function ms(value: number): string {
  return `${value.toFixed(2)} ms`;
}
