import { EXIT_CODE } from '../base/errorCodes.ts';
import { GrafosError } from '../base/grafosError.ts';
import { NotConfirmedError } from '../toolchain/confirm/notConfirmed.ts';
import { fileError } from '../toolchain/files/fileError.ts';
import { onStateNotice } from '../toolchain/stack/stateNotices.ts';
import { createCommandTree, parse } from './createCommandTree.ts';
import { currentFolder, currentFolderFault } from './currentFolder.ts';
import { type Colour, Output } from './output.ts';

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});

async function main(argv: string[]): Promise<number> {
  const out = new Output({
    json: argv.includes('--json'),
    color: wantedColour(argv.includes('--no-color'), process.env),
  });
  onStateNotice(({ text }) => {
    const [first = '', ...more] = text.split('\n');
    out.warn(first, ...more);
  });
  const interrupt = new AbortController();
  const stop = () => interrupt.abort(new GrafosError('interrupted', 'Interrupted.'));
  watchSignals(stop);
  watchStreams(out, interrupt.signal, stop);
  const onFault = (error: unknown) =>
    process.exit(interrupt.signal.aborted ? EXIT_CODE.interrupted : out.error(currentFolderFault(error)));
  process.on('uncaughtException', onFault);
  process.on('unhandledRejection', onFault);

  let exitCode = 0;
  const tree = createCommandTree(out, argv, async (spec, given) => {
    const run = await spec.load();
    const context = {
      // A command that needs no folder works in one that was removed.
      get cwd() {
        return currentFolder();
      },
      out,
      signal: interrupt.signal,
    };
    for (;;) {
      try {
        const code = await run(context, given);
        exitCode = typeof code === 'number' ? code : 0;
        return;
      } catch (error) {
        if (!(error instanceof NotConfirmedError)) throw error;
        const { askToConfirm } = await import('./ask.ts');
        // Nothing was asked of the cell yet, so the command begins again.
        if (!(await askToConfirm(out, error, interrupt.signal))) throw error;
      }
    }
  });
  try {
    return (await parse(tree, argv, out.json)) ?? exitCode;
  } catch (error) {
    const known = isOutOfRoom(error) ? fileError(error, 'The command could not write what it had to') : error;
    // A library that makes a path absolute asks for the current folder, too.
    return out.error(currentFolderFault(known));
  }
}

/** `NO_COLOR` is stronger than `FORCE_COLOR`; the words `0` and `false` force nothing. */
function wantedColour(isRefused: boolean, { NO_COLOR = '', FORCE_COLOR = '' }: NodeJS.ProcessEnv): Colour {
  if (isRefused || NO_COLOR !== '') return 'never';
  return ['', '0', 'false'].includes(FORCE_COLOR) ? 'terminal' : 'always';
}

/** True for the error of a full disk, or of too many watched files: no fault of grafos. */
function isOutOfRoom(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}

function watchSignals(stop: () => void): void {
  let interrupts = 0;
  process.on('SIGINT', () => {
    interrupts += 1;
    // Asked twice: whoever waits for the clean way out has waited long enough.
    if (interrupts > 1) process.exit(EXIT_CODE.interrupted);
    stop();
  });
  process.on('SIGTERM', stop);
  process.on('SIGHUP', stop);
  // bin/grafos.cjs holds this channel when it had to start us on another Node. When it is killed,
  // we stop, too.
  if (process.channel !== undefined) {
    process.once('disconnect', stop);
    process.channel?.unref();
  }
}

function watchStreams(out: Output, interrupted: AbortSignal, stop: () => void): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // The way out is under way, and needs nobody to read what it says.
    if (interrupted.aborted) return;
    // A reader that left (`grafos … | head`) is no error.
    if (error.code === 'EPIPE') process.exit(0);
    // The terminal is gone.
    if (error.code === 'EIO') stop();
    else {
      out.note(`error: the result cannot be written to standard output: ${error.message} [output_not_writable]`);
      process.exit(EXIT_CODE.unreachable);
    }
  });
  process.stderr.on('error', () => {});
}
