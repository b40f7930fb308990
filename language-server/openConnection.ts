import {
  type Connection,
  createConnection,
  IPCMessageReader,
  IPCMessageWriter,
  ProposedFeatures,
} from 'vscode-languageserver/node';

/** Over the channel of the parent process with `--node-ipc`, else over standard input and output. The process ends with its client. */
export function openConnection(argv: readonly string[]): Connection {
  if (argv.includes('--node-ipc')) {
    // Streams end with their client by themselves.
    process.once('disconnect', () => process.exit(0));
    return createConnection(ProposedFeatures.all, new IPCMessageReader(process), new IPCMessageWriter(process));
  }
  return createConnection(ProposedFeatures.all, process.stdin, process.stdout);
}
