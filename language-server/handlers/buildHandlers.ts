import { type CancellationToken, ErrorCodes, LSPErrorCodes, ResponseError } from 'vscode-languageserver/node';
import { fuelBounded } from '../../toolchain/bounded/fuelBounded.ts';
import type { LineFuel } from '../../toolchain/profile/sourceFuel.ts';
import { createProgramFiles } from '../../toolchain/validate/programFiles.ts';
import { answerBuild } from '../answerBuild.ts';
import {
  BUILD,
  type BuildAnswer,
  type BuildParams,
  FUEL_LINES,
  type FuelLinesParams,
  type FuelLinesResult,
} from '../customMessages.ts';
import { fuelHints } from '../fuelHints.ts';
import type { Session } from '../session.ts';
import { unlessCancelled } from '../unlessCancelled.ts';

/** Builds tasklets, and says what the last profile of a built one counted. */
export function addBuildHandlers(session: Session): void {
  const { connection } = session;
  connection.languages.inlayHint.on(
    unlessCancelled(async ({ textDocument, range }) => {
      const fuel = await fuelOf(session, textDocument.uri);
      return fuel === null ? [] : fuelHints(fuel.lines, fuel.text, range.start.line, range.end.line);
    }),
  );

  connection.onRequest(FUEL_LINES, async ({ uri }: FuelLinesParams): Promise<FuelLinesResult> => {
    return ((await fuelOf(session, uri))?.lines ?? []).map(({ line, share }) => ({ line: line - 1, share }));
  });

  connection.onRequest<BuildAnswer, void>(
    BUILD,
    async (params: BuildParams, token: CancellationToken): Promise<BuildAnswer> => {
      if (!session.options.builds) throw new ResponseError(ErrorCodes.MethodNotFound, 'Builds were not asked for.');
      const cancel = new AbortController();
      const listening = token.onCancellationRequested(() => cancel.abort());
      try {
        return await answerBuild(params, session.ahead, cancel.signal);
      } catch (error) {
        if (!cancel.signal.aborted) throw error;
        throw new ResponseError(LSPErrorCodes.RequestCancelled, 'The request was cancelled.');
      } finally {
        listening.dispose();
      }
    },
  );
}

/**
 * The fuel of each line of an open source. Null when the text differs from the one on disk,
 * because the lines would not fit.
 */
async function fuelOf(session: Session, uri: string): Promise<{ lines: LineFuel[]; text: string } | null> {
  const source = session.options.fuel ? session.sourceOf(uri) : null;
  if (source === null) return null;
  const { root } = source.program;
  const saved = createProgramFiles(root, undefined).text(source.path, 'checkedSource');
  if (saved.state !== 'ok' || saved.text !== source.text) return null;
  for (const one of source.tasklets) {
    const lines = await fuelBounded(root, one, source.path);
    if (lines.length > 0) return { lines, text: source.text };
  }
  return { lines: [], text: source.text };
}
