import type { IncomingMessage, ServerResponse } from 'node:http';
import { confirmCell } from '../../toolchain/confirm/cellConfirmation.ts';
import { addCloudCell } from '../../toolchain/deploy/cloudCells.ts';
import { GOOD_ANSWERS, RUN } from './goodAnswers.ts';
import { type LyingScheduler, lyingScheduler } from './lyingScheduler.ts';
import { temporaryFolder } from './temporaryFolder.ts';

/** Answers one request; `json` gives a status and a body. */
export type CellAnswer = (
  request: IncomingMessage,
  json: (status: number, body: unknown) => void,
  response: ServerResponse,
) => void;

/** Confirmed cells of aws that answer requests as a test wants. */
export interface AnsweringCells extends AsyncDisposable {
  /** Requests so far, as `eu POST /api/v1/runs`; those for the health are left out. */
  asked: string[];
  schedulers: Record<string, LyingScheduler>;
}

/** A refusal as a scheduler gives it. */
export function refusalOf(reason: string): { error: { reason: string; message: string } } {
  return { error: { reason, message: `It said ${reason}.` } };
}

/** A run of the tenant that has not ended. */
export const UNDER_WAY = { ...RUN, state: 'running', ended_at: null, response: null, lease_id: null };

/**
 * Lets a cell say that it is healthy only once another one has answered the requests whose address
 * begins so. The client has that answer by the time of the next request to the first cell.
 */
export function answersAfter(cells: AnsweringCells, name: string, other: string, path: string): void {
  const [late, early] = [cells.schedulers[name], cells.schedulers[other]];
  if (late === undefined || early === undefined) throw new Error('no such cell');
  const answered = Promise.withResolvers<void>();
  const [answerLate, answerEarly] = [late.answer, early.answer];
  late.answer = (request, response) => void answered.promise.then(() => answerLate(request, response));
  early.answer = (request, response) => {
    if (request.url?.startsWith(path)) response.once('finish', () => answered.resolve());
    answerEarly(request, response);
  };
}

/** Starts healthy cells and puts them into the program's list, the first one in front. */
export async function answeringCells(root: string, answers: Record<string, CellAnswer>): Promise<AnsweringCells> {
  const started: AsyncDisposable[] = [];
  const cells: AnsweringCells = {
    asked: [],
    schedulers: {},
    async [Symbol.asyncDispose]() {
      await Promise.all(started.map((one) => one[Symbol.asyncDispose]()));
    },
  };
  for (const [name, answer] of Object.entries(answers).reverse()) {
    const [scheduler, folder] = [await lyingScheduler(), await temporaryFolder()];
    started.push(scheduler, folder);
    scheduler.answer = (request, response) => {
      const json = (status: number, body: unknown): void => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(body));
      };
      if (request.url === '/health') return json(200, GOOD_ANSWERS.health?.good);
      cells.asked.push(`${name} ${request.method} ${request.url}`);
      answer(request, json, response);
    };
    const cell = { ...(await scheduler.entryIn(folder.path)), name };
    await addCloudCell(root, 'aws', cell);
    await confirmCell(root, 'aws', cell, true);
    cells.schedulers[name] = scheduler;
  }
  return cells;
}
