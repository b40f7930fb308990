import { GrafosError } from '../../base/grafosError.ts';
import { COMMANDS, type CommandId } from '../ids.ts';
import { CellError } from './cellError.ts';

export interface ErrorNotice {
  text: string;
  /** Commands that may help, best first. */
  actions: NoticeAction[];
}

export type NoticeAction =
  | Extract<
      CommandId,
      | 'grafos.stack.start'
      | 'grafos.stack.logs'
      | 'grafos.stack.doctor'
      | 'grafos.provider.addCell'
      | 'grafos.tasklet.build'
      | 'grafos.diagnostics.copy'
    >
  | 'problems'
  | 'cells';

/** The notice of an error; undefined for an error that the person caused by a cancel. */
export function errorNotice(error: unknown): ErrorNotice | undefined {
  if (!(error instanceof GrafosError)) {
    if (error instanceof Error && (error.name === 'AbortError' || error.name === 'Canceled')) return undefined;
    const what = error instanceof Error ? error.message : String(error);
    return {
      text: `This is a fault of grafOS, not yours: ${what}`,
      actions: [COMMANDS.stackLogs, COMMANDS.diagnosticsCopy],
    };
  }
  if (error.kind === 'interrupted') return undefined;
  // The next step is written out although a button may offer it: no button offers every step.
  const parts = [error.message, ...(error.why === undefined ? [] : [firstLine(error.why)]), error.next ?? ''];
  return { text: parts.filter((part) => part !== '').join(' '), actions: actionsFor(error) };
}

function actionsFor(error: GrafosError): NoticeAction[] {
  if (error instanceof CellError) return ['cells'];
  if (error.code === 'runtime_not_ready') {
    return error.next?.includes('dev up') === true
      ? [COMMANDS.stackStart, COMMANDS.stackDoctor]
      : [COMMANDS.providerAddCell];
  }
  if (error.code === 'build_failed' || error.code === 'manifest_invalid') return ['problems'];
  if (error.code === 'not_built') return [COMMANDS.taskletBuild];
  if (/^daemon_|^(?:bind|port|listen)|address_in_use/.test(error.code))
    return [COMMANDS.stackLogs, COMMANDS.stackDoctor];
  if (error.kind === 'unreachable') return [COMMANDS.stackDoctor, COMMANDS.stackLogs];
  return [];
}

function firstLine(text: string): string {
  const [line = ''] = text.split('\n');
  return line;
}
