import { isUtf8 } from 'node:buffer';
import { GrafosError } from '../../base/grafosError.ts';
import { cellAnswerInvalid } from '../../daemons/tenant/cellAnswerInvalid.ts';
import type { ApiRequest } from '../../daemons/tenant/schedulerConnection.ts';
import { ANSWER_BYTES, ARTIFACT_BYTES } from '../../daemons/wire/answerBounds.ts';
import { openApi } from '../../toolchain/deploy/openApi.ts';
import { readInput } from '../../toolchain/deploy/readInput.ts';
import { resolveProvider, type Target } from '../../toolchain/deploy/resolveProvider.ts';
import { saveBytes } from '../../toolchain/files/saveBytes.ts';
import { choice } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { bytesFact, confirmFirstDeploy } from '../confirmFirstDeploy.ts';
import { adminTarget } from '../direct.ts';
import type { Output } from '../output.ts';
import { outputFile } from '../outputFile.ts';
import { programRootOf } from '../programRootOf.ts';

interface Given {
  method: string;
  path: string;
  provider: string;
  cell?: string;
  admin?: boolean;
  input?: string;
  type?: string;
  output?: string;
  yes?: boolean;
}

const ANSWER_FAULT = 'The answer cannot be written';
const METHODS = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'] as const;
const BYTES_MAX = Math.max(ANSWER_BYTES.list, ...Object.values(ARTIFACT_BYTES));

export async function run(context: CommandContext, given: Given): Promise<void> {
  const { cwd, out, signal } = context;
  const method = choice('The method', given.method.toUpperCase(), METHODS);
  const path = checkPath(given.path);
  const output = outputFile(cwd, '--output', given.output, ANSWER_FAULT);
  const body = given.input === undefined ? undefined : await readInput(given.input, signal);
  const root = programRootOf(cwd);
  const target: Target = given.admin
    ? await adminTarget(cwd, {})
    : await resolveProvider(root, given.provider, given.cell);
  if (method !== 'GET' && method !== 'HEAD' && target.provider !== 'direct') {
    await confirmFirstDeploy(context, {
      root,
      provider: target.provider,
      cell: target.cell,
      what: 'request that changes something',
      question: `Send this to ${target.provider}? It leaves this machine.`,
      facts: async (url) => [
        ['cell', url],
        ['request', `${method} ${path}`],
        ['body', body === undefined ? 'none' : bytesFact(body)],
      ],
      yes: given.yes === true,
    });
  }
  const connection = await openApi(target, signal);
  try {
    const request: ApiRequest = {
      method,
      path,
      signal,
      ...(body === undefined ? {} : { body, type: given.type ?? 'application/json' }),
    };
    // A stream of events may never end, so each line is printed as it comes.
    if (/\/events(\?|$)/.test(path)) {
      for await (const line of lines(connection.stream(request), target.url)) out.item(line, () => [line]);
      return;
    }
    const { bytes } = await connection.call(request, BYTES_MAX);
    if (output === undefined) print(out, bytes);
    else await saveBytes(output, bytes, ANSWER_FAULT);
  } finally {
    connection.close();
  }
}

function checkPath(path: string): string {
  if (/^\/[\x21-\x7e]*$/.test(path)) return path;
  throw new GrafosError('wrong_usage', `The path cannot be "${path}".`, {
    next: 'Begin it with a slash, as docs/reference/api.md has it: /api/v1/runs?limit=5. Write what is not ASCII as %XX.',
  });
}

/** @throws {GrafosError} wrong_usage for bytes on a terminal */
function print(out: Output, bytes: Buffer): void {
  if (isJson(bytes)) out.jsonText(`${bytes.toString('utf8').trimEnd()}\n`);
  else if (!process.stdout.isTTY) out.bytes(bytes);
  else if (isUtf8(bytes)) out.result(null, () => bytes.toString('utf8').split('\n'));
  else {
    throw new GrafosError('wrong_usage', `The answer is ${bytes.length} bytes that are no text.`, {
      next: 'Write them to a file: --output FILE',
    });
  }
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}

/**
 * The lines of an answer as they come; empty ones separate events and are left out.
 *
 * @throws {GrafosError} cell_answer_invalid for a line longer than any event is
 */
async function* lines(chunks: AsyncIterable<Buffer>, url: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of chunks) {
    text += decoder.decode(chunk, { stream: true });
    const parts = text.split('\n');
    text = parts.pop() ?? '';
    if (text.length > ANSWER_BYTES.run) throw cellAnswerInvalid(url, 'a line of its events is too long', text);
    for (const line of parts) if (line !== '') yield line;
  }
  if (text !== '') yield text;
}
