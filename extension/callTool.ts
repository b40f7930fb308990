import { spawn } from 'node:child_process';
import { streamLines } from '../base/text/streamLines.ts';
import { cliCommand } from './runCli.ts';

export interface ToolAnswer {
  /** JSON of one object: the answer, or what went wrong and what to do next. */
  text: string;
  isError: boolean;
}

interface Reply {
  id?: number;
  result?: { content: Array<{ text: string }>; isError?: boolean };
  error?: { message: string };
}

/**
 * Calls one tool of `grafos mcp`, in a process of its own that ends with the answer. So assistants
 * get the same answers in the editor and outside.
 *
 * @throws {Error} when the process ends without an answer
 * @throws {AbortError} when `signal` ended it
 */
export async function callTool(options: {
  packageFolder: string;
  programRoot: string;
  name: string;
  input: object;
  signal: AbortSignal;
}): Promise<ToolAnswer> {
  const { packageFolder, programRoot, name, input, signal } = options;
  const { command, args, env } = cliCommand(packageFolder);
  const child = spawn(command, [...args, 'mcp'], {
    cwd: programRoot,
    stdio: ['pipe', 'pipe', 'ignore'],
    windowsHide: true,
    env: { ...process.env, ...env },
    signal,
  });
  const failed = new Promise<never>((_, reject) => child.once('error', reject));
  const answered = (async () => {
    const clientInfo = { name: 'grafOS for VS Code', version: '1' };
    const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo };
    const send = (message: object) => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
    child.stdin.on('error', () => {});
    send({ id: 1, method: 'initialize', params });
    send({ method: 'notifications/initialized' });
    send({ id: 2, method: 'tools/call', params: { name, arguments: input } });
    for await (const line of streamLines(child.stdout)) {
      const { id, result, error }: Reply = JSON.parse(line);
      if (id !== 2) continue;
      if (result === undefined) throw new Error(error?.message ?? `${name} was not answered`);
      return { text: result.content.map(({ text }) => text).join('\n'), isError: result.isError === true };
    }
    throw new Error(`grafos mcp ended before it answered ${name}`);
  })();
  // One of the two is not waited for when the other is quicker.
  answered.catch(() => {});
  failed.catch(() => {});
  try {
    return await Promise.race([answered, failed]);
  } finally {
    // It ends when nothing more can come.
    child.stdin.end();
  }
}
