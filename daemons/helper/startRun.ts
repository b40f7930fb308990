import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { GrafosError } from '../../base/grafosError.ts';
import { LIMITS } from '../../base/limits.ts';
import { meantQuestion } from '../../program/didYouMean.ts';
import { ProgramReader } from '../../program/programReader.ts';
import { readError } from '../../program/readError.ts';
import { parseSize, SIZE_SYNTAX } from '../../program/size.ts';
import { submitOf } from '../tenant/submitOf.ts';
import type { Run } from '../wire/tenantApi.ts';
import { HelperRefusedError } from './helperRefusal.ts';
import type { SchedulerLink } from './schedulerPort.ts';
import type { TaskletReader } from './taskletList.ts';

/**
 * Time, milliseconds, that the answer waits for the end of a run. A run that ends in it is answered
 * with its end, and a refusal of the cell as a refusal. A longer run is watched.
 */
const WAIT_MS = 1_000;
const REQUEST_KEYS = ['tasklet', 'input', 'mem'];

/**
 * Starts a run of a built tasklet, as `POST /v1/runs` asks for it. Uploads the module where the
 * scheduler does not hold it, and submits.
 *
 * @returns the run as it is shortly after
 * @throws {HelperRefusedError} bad_request, tasklet_unknown, tasklet_not_built, body_too_large
 * @throws {GrafosError} the codes of the scheduler
 */
export async function startRun(
  parts: { scheduler: SchedulerLink; tasklets: TaskletReader },
  request: Record<string, unknown>,
  options: { idempotencyKey: string | undefined; signal: AbortSignal },
): Promise<Run> {
  const unknown = Object.keys(request).find((key) => !REQUEST_KEYS.includes(key));
  if (unknown !== undefined)
    throw badRequest(`There is no field ${JSON.stringify(unknown)}; there are ${REQUEST_KEYS.join(', ')}.`);
  if (typeof request.tasklet !== 'string') throw badRequest('`tasklet` must name a tasklet.');
  const input = readInput(request.input);
  const {
    program,
    answer: { tasklets },
  } = await parts.tasklets.read();
  const tasklet = tasklets.find(({ name }) => name === request.tasklet);
  if (tasklet === undefined) {
    const names = tasklets.map(({ name }) => name);
    throw new HelperRefusedError(
      404,
      'tasklet_unknown',
      `The program has no tasklet ${JSON.stringify(request.tasklet)}.`,
      {
        next:
          names.length === 0
            ? 'Add one to grafos.toml.'
            : `${meantQuestion(request.tasklet, names)}It has ${names.join(', ')}.`,
      },
    );
  }
  const mem = readMem(request.mem, tasklet.mem_bytes);
  const bytes = await readModule(program.root, tasklet.output, tasklet.name);
  const submit = { ...submitOf(program, tasklet, bytes), input, mem_bytes: mem };
  const client = await parts.scheduler.client();
  if (!(await client.hasModule(submit.module_sha256))) await client.putModule(submit.module_sha256, bytes);
  return await client.submit(submit, {
    idempotencyKey: options.idempotencyKey ?? randomUUID(),
    waitMs: WAIT_MS,
    signal: options.signal,
  });
}

function readInput(input: unknown): Buffer {
  if (input === undefined) return Buffer.alloc(0);
  const fields = typeof input === 'object' && input !== null ? Object.entries(input) : [];
  const [kind, value] = fields.length === 1 ? (fields[0] ?? []) : [];
  if (typeof value !== 'string' || (kind !== 'text' && kind !== 'base64')) {
    throw badRequest('`input` must be {"text": …} or {"base64": …}.');
  }
  const bytes = Buffer.from(value, kind === 'text' ? 'utf8' : 'base64');
  // Buffer skips what is not base64; an input that loses bytes on the way must not run.
  if (kind === 'base64' && bytes.toString('base64') !== value)
    throw badRequest('`input.base64` is not base64 (RFC 4648, with padding).');
  if (bytes.length > LIMITS.input) {
    throw new HelperRefusedError(
      413,
      'body_too_large',
      `The input has ${bytes.length} bytes; a run takes ${LIMITS.input} at most.`,
    );
  }
  return bytes;
}

function readMem(mem: unknown, otherwise: number): number {
  if (mem === undefined) return otherwise;
  const bytes = typeof mem === 'number' || typeof mem === 'string' ? parseSize(mem) : null;
  if (bytes === null) throw badRequest(`\`mem\` must be ${SIZE_SYNTAX}.`);
  return bytes;
}

async function readModule(root: string, output: string, tasklet: string): Promise<Buffer> {
  const read = await new ProgramReader(root).readSoon(join(root, output), 'module');
  if (read.state === 'ok') return read.bytes;
  if (read.state === 'missing') {
    throw new HelperRefusedError(409, 'tasklet_not_built', `The tasklet ${tasklet} is not built yet.`, {
      next: 'Build it with `grafos tasklet build`.',
    });
  }
  const { message, why, next } = readError(read, output, `The module of ${tasklet} cannot be read`);
  throw new GrafosError('module_not_readable', message, {
    ...(why === undefined ? {} : { why }),
    ...(next === undefined ? {} : { next }),
  });
}

function badRequest(message: string): HelperRefusedError {
  return new HelperRefusedError(400, 'bad_request', message);
}
