import * as vscode from 'vscode';
import { neutralText } from '../../base/text/neutralText.ts';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { formatSize } from '../../program/size.ts';
import { NotConfirmedError } from '../../toolchain/confirm/notConfirmed.ts';
import type { CloudProvider } from '../../toolchain/deploy/cloudCells.ts';
import type { ProviderName } from '../../toolchain/deploy/resolveProvider.ts';
import { createCell } from '../cells/createCell.ts';
import type { CommandContext } from '../commands/command.ts';
import { afterWalkthrough } from '../dialogs/afterWalkthrough.ts';
import { asCellError } from '../dialogs/cellError.ts';
import { confirmUse } from '../dialogs/confirmUse.ts';
import { notice } from '../dialogs/notice.ts';
import { pickTasklet } from '../dialogs/pickTasklet.ts';
import { SETTINGS } from '../ids.ts';
import type { ProgramSession } from '../program/programSession.ts';
import { addCell } from './addCell.ts';
import { type AnswerStore, type Answers, type InputChoice, keepAnswers, readAnswers } from './answers.ts';
import { inputText, pickInput, readChoice } from './pickInput.ts';
import { pickMemory } from './pickMemory.ts';
import { pickProvider } from './pickProvider.ts';
import { runOn } from './runOn.ts';

export interface DeployRequest {
  session: ProgramSession;
  tasklet: string | undefined;
  /** Asked for when it is not given. */
  provider?: ProviderName;
  /** Name of one of several cells of the provider. */
  cell?: string | undefined;
  /** Ask for the input although it is known, the last one first. */
  askInput?: boolean;
  /** The input, or the name for `bytes`. Neither is asked for then. */
  input?: InputChoice;
  /** The bytes of the input, where an earlier run gives them. */
  bytes?: Uint8Array;
}

/**
 * Deploys a tasklet from the editor. It asks for unknown answers, adds a missing cell, builds what
 * is stale, runs, and shows the run.
 */
export async function deployTasklet(grafos: CommandContext, request: DeployRequest): Promise<void> {
  const { session } = request;
  const store = grafos.context.workspaceState;
  // The walkthrough names no tasklet. From elsewhere nothing takes the focus.
  if (request.tasklet === undefined) await afterWalkthrough();
  const picked = await pickTasklet(
    session.root,
    request.tasklet,
    request.provider === 'local' ? vscode.l10n.t('Run Tasklet Locally') : vscode.l10n.t('Deploy Tasklet'),
  );
  if (picked === undefined) return;
  const { program, tasklet } = picked;
  let answers: Answers | undefined = readAnswers(store, session.root, tasklet.name);

  const provider = request.provider ?? (await chooseProvider(store, session, program, tasklet, answers));
  if (provider === undefined) return;
  // Input and memory may have been changed while the provider was chosen.
  answers = typeof provider === 'object' ? provider.answers : answers;
  const name = typeof provider === 'object' ? provider.name : provider;
  const cell = typeof provider === 'object' ? provider.cell : request.cell;

  if (request.input !== undefined) answers = { ...answers, input: request.input };
  else if (request.bytes === undefined) {
    answers = await completeInput(store, program, tasklet, answers, request.askInput === true);
    if (answers?.input === undefined) return;
  }
  answers = { ...answers, ...(request.provider === undefined ? { provider: name } : {}) };
  await keepAnswers(store, session.root, tasklet.name, answers);

  if (name !== 'local' && !(await hasCell(grafos, session, name))) return;
  const confirm = (one: string | undefined) => confirmCloud(session, tasklet, name, one);
  if (!(await confirm(cell))) return;

  // The name of another input would be wrong for given bytes.
  const choice = request.bytes === undefined ? answers.input : request.input;
  const input = request.bytes ?? (await readChoice(program, tasklet, choice ?? { kind: 'none' }));
  if (input === undefined) return;
  try {
    await runOn(grafos, { session, tasklet, provider: name, cell, confirm, input, choice, answers });
  } catch (error) {
    throw asCellError(name, error);
  }
}

async function chooseProvider(
  store: AnswerStore,
  session: ProgramSession,
  program: Program,
  tasklet: Tasklet,
  known: Answers,
): Promise<{ name: ProviderName; cell: string | undefined; answers: Answers } | undefined> {
  let answers = known;
  for (;;) {
    const mem = formatSize(answers.mem ?? tasklet.mem_bytes);
    const settings = answers.input === undefined ? mem : `${inputText(answers.input)} · ${mem}`;
    const chosen = await pickProvider(session, tasklet.name, answers.provider, settings);
    if (chosen === undefined) return undefined;
    if (chosen !== 'settings') return { name: chosen.provider, cell: chosen.cell, answers };
    const input = await pickInput(store, program, tasklet, answers.input);
    if (input === undefined) continue;
    const memory = await pickMemory(tasklet, { value: answers.mem, capacity: undefined });
    answers = { ...answers, input, ...(memory === undefined ? {} : { mem: memory }) };
  }
}

/** Asks for the input unless the one used last is still there. */
async function completeInput(
  store: AnswerStore,
  program: Program,
  tasklet: Tasklet,
  answers: Answers,
  isAsked: boolean,
): Promise<Answers | undefined> {
  if (!isAsked && answers.input !== undefined) {
    const isThere = await readChoice(program, tasklet, answers.input).then(
      (bytes) => bytes !== undefined,
      () => false,
    );
    if (isThere) return answers;
  }
  const input = await pickInput(store, program, tasklet, answers.input);
  return input && { ...answers, input };
}

/**
 * Offers to create a cell in a cloud that has none yet, or to add one that runs.
 *
 * @returns true where the cloud has a cell now
 */
async function hasCell(grafos: CommandContext, session: ProgramSession, provider: CloudProvider): Promise<boolean> {
  const { readCloudCells } = await import('../../toolchain/deploy/cloudCells.ts');
  if ((await readCloudCells(session.root, provider)).length > 0) return true;
  const { MAKING_PROVIDERS } = await import('../../toolchain/cloud/cellCloud.ts');
  const making = MAKING_PROVIDERS.find((one) => one === provider);
  if (making === undefined) return (await addCell(grafos, session, provider)) !== undefined;
  const picked = await vscode.window.showQuickPick(
    [
      {
        label: vscode.l10n.t('$(cloud-upload) Create a Cell…'),
        description: vscode.l10n.t('in your own account at {0}; a plan comes first', provider),
        isNew: true,
      },
      {
        label: vscode.l10n.t('$(add) Add a Running Cell…'),
        description: vscode.l10n.t('by its address and certificates'),
        isNew: false,
      },
    ],
    { title: vscode.l10n.t('{0} Has No Cell Yet', provider), placeHolder: vscode.l10n.t('Choose how it gets one') },
  );
  if (picked === undefined) return false;
  if (!picked.isNew) return (await addCell(grafos, session, provider)) !== undefined;
  return createCell(grafos, session, making);
}

/** Asks before the first deploy of the program to a cell of a cloud, as the command line does. */
async function confirmCloud(
  session: ProgramSession,
  tasklet: Tasklet,
  provider: ProviderName,
  cell: string | undefined,
): Promise<boolean> {
  const { firstDeploy } = await import('../../toolchain/confirm/firstDeploy.ts');
  const look = () => firstDeploy(session.root, provider, cell);
  // Asked about here, so that the deploy goes on with the answers that were given before.
  const first = await look().catch(async (error: unknown) => {
    if (!(error instanceof NotConfirmedError)) throw error;
    return (await confirmUse(error)) ? look() : undefined;
  });
  if (first === undefined) return false;
  if (first === null || !vscode.workspace.getConfiguration().get(SETTINGS.confirmCloud, true)) return true;
  const deploy = vscode.l10n.t('Deploy');
  const { scheduler_url, tenant_name } = first.cell;
  const answer = await notice('information', vscode.l10n.t('Deploy {0} to {1}?', tasklet.name, provider), [deploy], {
    modal: true,
    detail: vscode.l10n.t(
      'The module and its input leave this machine for {0}, tenant {1}. Later deploys to this cell are not asked about.',
      neutralText(scheduler_url),
      neutralText(tenant_name),
    ),
  });
  if (answer !== deploy) return false;
  await first.confirm();
  return true;
}
