import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { Place } from '../../daemons/wire/place.ts';
import type { RunResponse } from '../../daemons/wire/tenantApi.ts';
import { formatSize } from '../../program/size.ts';
import { errorMessage } from '../runs/errorMessage.ts';
import { errorWord } from '../runs/errorWord.ts';
import type { FileRun } from '../runs/fileRun.ts';
import { isRepeatable } from '../runs/isRepeatable.ts';
import type { ShownRun } from '../runs/shownRun.ts';
import { countText, durationText, runWord, timeText } from '../views/texts.ts';
import type { RunHead } from './panelMessages.ts';
import { placeShown } from './placeShown.ts';

interface Around {
  isPinned: boolean;
  /** Name of the fixture that has the run's input. */
  fixture: string | undefined;
  /** A sentence about the run, as the outcome of a replay. */
  notice: string;
  /** A sentence that names a newer run; empty where there is none. */
  newer: string;
  hasProfile: boolean;
  /** The run is of the local stack, which does not run: nothing can be fetched. */
  isStopped: boolean;
}

/** The facts of a run as the panel shows them. */
export function runHead(shown: ShownRun | FileRun, around: Around): RunHead {
  const { run, parts, problem } = shown;
  const { response } = run;
  const hasEnded = run.ended_at !== null;
  const isMissing = hasEnded && parts === null && (problem !== null || around.isStopped);
  const details: RunHead['details'] = [
    [vscode.l10n.t('Cell'), run.cell_id],
    [vscode.l10n.t('Version'), `${run.program} ${run.version}`],
    [vscode.l10n.t('Module'), run.module_sha256],
    [vscode.l10n.t('Run'), run.run_id],
    ...(shown.file === null ? [] : [[vscode.l10n.t('File'), shown.file] as [string, string]]),
  ];
  return {
    runId: run.run_id,
    tasklet: run.tasklet,
    state: run.state,
    stateText: runWord(run.state),
    summary: [
      shown.file === null ? shown.entry.provider : vscode.l10n.t('from the file {0}', basename(shown.file)),
      ...(response === null ? [] : costs(response, parts?.record?.fuel)),
      timeText(new Date(run.created_at)),
    ],
    elapsedMs: hasEnded ? null : Math.max(0, Date.now() - Date.parse(run.created_at)),
    error: errorOf(response, parts?.places ?? [], shown.file !== null && shown.root === undefined),
    notice: isMissing ? missingText(problem, around.isStopped) : around.notice,
    newer: around.newer,
    details,
    artifacts: (parts?.artifacts ?? []).map(({ name, size }) => ({ name, size: formatSize(size) })),
    buttons: [
      ...(shown.file === null ? runButtons(shown, around, isMissing) : fileButtons(shown, around)),
      pinButton(around.isPinned),
    ],
  };
}

function costs(response: RunResponse, budget: number | undefined): string[] {
  const used = countText(response.fuel_used);
  return [
    durationText(response.duration_us),
    budget === undefined ? vscode.l10n.t('fuel {0}', used) : vscode.l10n.t('fuel {0} of {1}', used, countText(budget)),
    vscode.l10n.t('{0} of memory', formatSize(response.linear_memory_peak)),
  ];
}

/** @param isPlain whether no place is a link */
function errorOf(response: RunResponse | null, places: readonly Place[], isPlain: boolean): RunHead['error'] {
  if (response?.error == null) return null;
  const word = errorWord(response.error);
  const next: unknown = 'next' in response.error ? response.error.next : undefined;
  const shown = places.flatMap(placeShown).map((one) => (isPlain ? { ...one, isPlain } : one));
  return { word, message: errorMessage(response.error), next: typeof next === 'string' ? next : '', places: shown };
}

function missingText(problem: Error | null, isStopped: boolean): string {
  if (isStopped) return vscode.l10n.t('The local stack is stopped. Start it to read output, log and input.');
  return vscode.l10n.t('Output, log and input cannot be read: {0}', problem?.message ?? '');
}

function runButtons(shown: ShownRun, around: Around, isMissing: boolean): RunHead['buttons'] {
  const { t } = vscode.l10n;
  const { run, parts } = shown;
  if (run.ended_at === null) return [{ action: 'cancel', label: t('Cancel Run') }];
  if (isMissing && around.isStopped) return [{ action: 'startStack', label: t('Start Local Stack') }];
  const repeats = isRepeatable(run);
  const { fixture } = around;
  return [
    { action: 'again', label: t('Run Again') },
    { action: 'with', label: t('Run With…') },
    ...(repeats && parts !== null && fixture !== undefined
      ? [{ action: 'acceptOutput', label: t('Accept Output') } as const]
      : []),
    ...(repeats && parts !== null ? [{ action: 'saveFixture', label: t('Save as Fixture…') } as const] : []),
    ...(repeats
      ? [
          {
            action: 'reproduce',
            label: shown.entry.provider === 'local' ? t('Replay') : t('Reproduce Locally'),
          } as const,
          around.hasProfile
            ? ({ action: 'showInSource', label: t('Show in Source') } as const)
            : ({ action: 'profile', label: t('Profile') } as const),
        ]
      : []),
    { action: 'download', label: t('Download Artifacts…') },
    { action: 'saveFile', label: t('Save Run…') },
  ];
}

/** A run from a file has no tasklet to be run again: it is only repeated as it was. */
function fileButtons({ run }: FileRun, { hasProfile }: Around): RunHead['buttons'] {
  const { t } = vscode.l10n;
  if (!isRepeatable(run)) return [];
  return [
    { action: 'reproduce', label: run.provider === 'local' ? t('Replay') : t('Reproduce Locally') },
    ...(hasProfile ? [] : [{ action: 'profile', label: t('Profile') } as const]),
  ];
}

function pinButton(isPinned: boolean): RunHead['buttons'][number] {
  return isPinned ? { action: 'unpin', label: vscode.l10n.t('Unpin') } : { action: 'pin', label: vscode.l10n.t('Pin') };
}
