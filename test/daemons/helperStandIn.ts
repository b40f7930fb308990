/**
 * An in-process stand-in for the scheduler, for tests of the helper alone.
 *
 * It keeps runs in memory and ends them when the test says so. It does not do the work of a
 * scheduler; tests that need that run a real stack.
 */
import { createHash, randomUUID } from 'node:crypto';
import { EventEmitter, on } from 'node:events';
import { GrafosError } from '../../base/grafosError.ts';
import type { SchedulerPort } from '../../daemons/helper/schedulerPort.ts';
import type { RunError } from '../../daemons/wire/runError.ts';
import type { ArtifactName, Run, RunEvent, RunSubmit, RunsEvent } from '../../daemons/wire/tenantApi.ts';

interface Kept {
  run: Run;
  submit: RunSubmit;
  output: Buffer;
  log: string;
  events: EventEmitter;
  past: RunEvent[];
}

export interface StandIn extends SchedulerPort {
  modules: Map<string, Uint8Array>;
  submits: RunSubmit[];
  /** Called for every submitted run; by default nothing ends it. */
  onSubmit: (runId: string, run: RunSubmit) => void;
  /** The next calls fail as if no scheduler were there. */
  down: boolean;
  /** Streams of all runs that are open. */
  streams: number;
  /** Ends every stream of all runs. */
  dropStreams(): void;
  /** The cell would not have it. */
  refuse(runId: string): void;
  running(runId: string): void;
  logLine(runId: string, text: string): void;
  end(runId: string, outcome: { output?: string; error?: RunError; fuel?: number }): void;
}

export function standInScheduler(): StandIn {
  const kept = new Map<string, Kept>();
  const all = new EventEmitter();
  const tell = (event: RunsEvent): void => void all.emit('event', event);
  const tellState = (run: Run): void =>
    tell({
      event: 'state',
      data: { run_id: run.run_id, state: run.state, at: new Date().toISOString(), run: structuredClone(run) },
    });
  const find = (runId: string): Kept => {
    if (standIn.down) throw new GrafosError('scheduler_unreachable', 'nothing answers at the scheduler');
    const found = kept.get(runId);
    if (found === undefined) throw new GrafosError('not_found', 'There is no such run.');
    return found;
  };
  const emit = (entry: Kept, event: RunEvent): void => {
    entry.past.push(event);
    entry.events.emit('event', event);
  };
  const artifacts = (entry: Kept): Map<ArtifactName, Buffer> => {
    const { response } = entry.run;
    const files = new Map<ArtifactName, Buffer>([
      ['input.bin', Buffer.from(entry.submit.input_b64, 'base64')],
      ['run.json', Buffer.from(JSON.stringify({ run_id: entry.run.run_id, fuel: entry.submit.fuel }))],
    ]);
    if (response === null) return files;
    files.set('response.json', Buffer.from(JSON.stringify(response)));
    files.set('output.b64', Buffer.from(entry.output.toString('base64')));
    files.set('run.log', Buffer.from(entry.log));
    return files;
  };

  const standIn: StandIn = {
    modules: new Map(),
    submits: [],
    onSubmit: () => {},
    down: false,
    streams: 0,
    dropStreams() {
      all.emit('drop');
    },
    refuse(runId) {
      kept.delete(runId);
      tell({ event: 'refused', data: { run_id: runId, reason: 'lease_denied: capacity' } });
    },
    async hasModule(sha256) {
      return standIn.modules.has(sha256);
    },
    async putModule(sha256, bytes) {
      standIn.modules.set(sha256, bytes);
    },
    async submit(job) {
      const { input, ...rest } = 'input' in job ? job : { ...job, input: Buffer.from(job.input_b64, 'base64') };
      const submit: RunSubmit = { ...rest, input_b64: Buffer.from(input).toString('base64') };
      if (standIn.down) throw new GrafosError('scheduler_unreachable', 'nothing answers at the scheduler');
      if (submit.mem_bytes > 131_072) {
        throw new GrafosError('lease_denied: capacity', 'The cell has 131072 bytes of fabric memory.');
      }
      standIn.submits.push(submit);
      const run: Run = {
        run_id: `run-${randomUUID()}`,
        tenant: 'dev-tenant',
        program: submit.program,
        tasklet: submit.tasklet,
        version: submit.version,
        provider: 'local',
        cell_id: 'cell-local',
        module_sha256: submit.module_sha256,
        state: 'admitted',
        created_at: new Date().toISOString(),
        ended_at: null,
        response: null,
        lease_id: null,
      };
      const entry = { run, submit, output: Buffer.alloc(0), log: '', events: new EventEmitter(), past: [] };
      kept.set(run.run_id, entry);
      tellState(run);
      const answer = structuredClone(run);
      setImmediate(() => standIn.onSubmit(run.run_id, submit));
      return answer;
    },
    async getRun(runId) {
      return structuredClone(find(runId).run);
    },
    async listRuns({ limit = 50 } = {}) {
      if (standIn.down) throw new GrafosError('scheduler_unreachable', 'nothing answers at the scheduler');
      return [...kept.values()]
        .map(({ run }) => structuredClone(run))
        .reverse()
        .slice(0, limit);
    },
    async cancel(runId) {
      const entry = find(runId);
      if (entry.run.ended_at === null) {
        standIn.end(runId, { error: { code: 'cancelled', message: 'The run was cancelled.' } });
      }
      return structuredClone(entry.run);
    },
    async *events(runId, { signal } = {}) {
      const entry = find(runId);
      const live = on(entry.events, 'event', signal === undefined ? {} : { signal });
      for (const event of entry.past) {
        yield event;
        if (event.event === 'end') return;
      }
      for await (const [event] of live as AsyncIterable<[RunEvent]>) {
        yield event;
        if (event.event === 'end') return;
      }
    },
    async *allEvents({ signal } = {}) {
      if (standIn.down) throw new GrafosError('scheduler_unreachable', 'nothing answers at the scheduler');
      const live = on(all, 'event', { close: ['drop'], ...(signal === undefined ? {} : { signal }) });
      standIn.streams += 1;
      try {
        yield { event: 'listening', data: {} };
        for await (const [event] of live as AsyncIterable<[RunsEvent]>) yield event;
      } finally {
        standIn.streams -= 1;
      }
    },
    async listArtifacts(runId) {
      return [...artifacts(find(runId))].map(([name, bytes]) => ({
        name,
        size: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      }));
    },
    async artifact(runId, name) {
      const bytes = artifacts(find(runId)).get(name);
      if (bytes === undefined) throw new GrafosError('not_found', 'The run has no such artifact yet.');
      return bytes;
    },
    close() {},
    running(runId) {
      const entry = find(runId);
      entry.run.state = 'running';
      tellState(entry.run);
      emit(entry, { event: 'state', data: { run_id: runId, state: 'running', at: new Date().toISOString() } });
    },
    logLine(runId, text) {
      const entry = find(runId);
      entry.log += text;
      emit(entry, { event: 'log', data: { text } });
    },
    end(runId, { output = '', error, fuel = 1204 }) {
      const entry = find(runId);
      const bytes = Buffer.from(output);
      let parsed: unknown = null;
      try {
        parsed = JSON.parse(output);
      } catch {}
      const state = error === undefined ? 'succeeded' : error.code === 'cancelled' ? 'cancelled' : 'failed';
      entry.output = bytes;
      entry.run.state = state;
      entry.run.ended_at = new Date().toISOString();
      entry.run.response = {
        run_id: runId,
        state,
        error: error ?? null,
        output: parsed,
        output_bytes: bytes.length,
        output_sha256: createHash('sha256').update(bytes).digest('hex'),
        fuel_used: fuel,
        linear_memory_peak: 131_072,
        duration_us: 1_840,
        module_sha256: entry.run.module_sha256,
        cell_id: entry.run.cell_id,
        provider: 'local',
      };
      emit(entry, { event: 'end', data: structuredClone(entry.run) });
      tell({ event: 'end', data: structuredClone(entry.run) });
    },
  };
  return standIn;
}
