import {
  type Connection,
  createConnection,
  IPCMessageReader,
  IPCMessageWriter,
  ProposedFeatures,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import { LifecycleReader } from './lifecycleReader.ts';

/**
 * Opens the connection: the channel of the parent process with `--node-ipc`, otherwise standard
 * input and output. The process ends with its client.
 */
export function openConnection(argv: readonly string[]): Connection {
  if (argv.includes('--node-ipc')) {
    process.once('disconnect', () => process.exit(0));
    const writer = new IPCMessageWriter(process);
    return createConnection(ProposedFeatures.all, new LifecycleReader(new IPCMessageReader(process), writer), writer);
  }
  const writer = new StreamMessageWriter(process.stdout);
  const reader = new LifecycleReader(new StreamMessageReader(process.stdin), writer);
  // LSP 3.17 asks for exit code 1 after a client that ended without a shutdown.
  for (const end of ['end', 'close']) process.stdin.once(end, () => process.exit(reader.isShutDown ? 0 : 1));
  return createConnection(ProposedFeatures.all, reader, writer);
}
