import type { GrafosError } from '../../base/grafosError.ts';
import { ANSWER_BYTES } from '../wire/answerBounds.ts';
import type { AnswerName } from '../wire/answerChecks.ts';
import { SUBMIT_FRAME_TYPE, submitFrameHead } from '../wire/submitFrame.ts';
import type { Run } from '../wire/tenantApi.ts';
import { cellAnswerInvalid } from './cellAnswerInvalid.ts';
import { readAnswer } from './readAnswer.ts';
import { type ExpectedRun, runProblem } from './runProblem.ts';
import type { ApiRequest, SchedulerConnection } from './schedulerConnection.ts';

/** A request with its body as a value. */
export interface Question extends Pick<ApiRequest, 'method' | 'path' | 'headers' | 'waitMs' | 'signal'> {
  json?: object | undefined;
  /** Travels as bytes behind the JSON (submitFrame.ts). */
  input?: Uint8Array | undefined;
}

/**
 * The answers of one scheduler. Each is bounded, checked by its schema, and compared with the
 * request.
 */
export class CheckedAnswers {
  readonly url: string;
  readonly #connection: SchedulerConnection;
  /**
   * The fields that every run has which this certificate may see. An admin sees the runs of all
   * tenants.
   */
  readonly #ours: ExpectedRun;

  constructor(url: string, connection: SchedulerConnection) {
    this.url = url;
    this.#connection = connection;
    const [role, name = ''] = connection.subject.split('/');
    this.#ours = role === 'tenant' ? { tenant: name } : {};
  }

  /** The name of our own tenant; undefined for an admin. */
  get tenant(): string | undefined {
    return this.#ours.tenant;
  }

  wrong(problem: string, answer?: Uint8Array): GrafosError {
    return cellAnswerInvalid(this.url, problem, answer);
  }

  async bytes(question: Question, most: number): Promise<Buffer> {
    const { json, input, ...asked } = question;
    return (await this.#connection.call({ ...asked, ...bodyOf(json, input) }, most)).bytes;
  }

  async one<T>(name: AnswerName, question: Question): Promise<T> {
    return this.read<T>(name, await this.bytes(question, ANSWER_BYTES.small));
  }

  /** The entries of a list, with the text they came in; at most `limit` of them. */
  async list<T>(
    name: AnswerName,
    key: string,
    question: Question,
    limit?: number,
  ): Promise<{ value: T[]; text: string }> {
    const most = limit === undefined ? ANSWER_BYTES.list : ANSWER_BYTES.small + limit * ANSWER_BYTES.entry;
    const bytes = await this.bytes(question, Math.min(most, ANSWER_BYTES.list));
    const value = this.read<Record<string, T[]>>(name, bytes)[key] as T[];
    if (limit !== undefined && value.length > limit) {
      throw this.wrong(`${value.length} entries came, and ${limit} at most were asked for`);
    }
    return { value, text: bytes.toString('utf8') };
  }

  async run(question: Question, expected: ExpectedRun = {}): Promise<Run> {
    return this.checkRun(this.read<Run>('Run', await this.bytes(question, ANSWER_BYTES.run)), expected);
  }

  checkRun(run: Run, expected: ExpectedRun = {}): Run {
    const problem = runProblem(run, { ...this.#ours, ...expected });
    if (problem !== null) throw this.wrong(problem);
    return run;
  }

  read<T>(name: AnswerName, bytes: Buffer): T {
    return readAnswer<T>(this.url, name, bytes);
  }
}

function bodyOf(json: object | undefined, input: Uint8Array | undefined): Pick<ApiRequest, 'type' | 'body' | 'tail'> {
  if (json === undefined) return {};
  if (input === undefined) return { type: 'application/json', body: Buffer.from(JSON.stringify(json)) };
  return { type: SUBMIT_FRAME_TYPE, body: submitFrameHead(json), tail: input };
}
