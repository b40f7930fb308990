import * as vscode from 'vscode';
import type { ProviderStatus } from '../../toolchain/deploy/providerStatus.ts';
import type { ProviderName } from '../../toolchain/deploy/resolveProvider.ts';
import type { ProgramSession } from '../program/programSession.ts';
import { pickText } from '../shown/pickText.ts';
import { stackWord, timeText } from '../views/texts.ts';

type Item = vscode.QuickPickItem & { provider?: ProviderName; cell?: string; isSettings?: true };

/**
 * Where to deploy to, each provider with its true state, the one used last first. A provider with
 * several cells has a row for each of them too. `settings` is to change input and memory first.
 */
export async function pickProvider(
  session: ProgramSession,
  tasklet: string,
  last: ProviderName | undefined,
  settings: string,
): Promise<
  { provider: ProviderName; cell: string | undefined; status: ProviderStatus | undefined } | 'settings' | undefined
> {
  const { PROVIDERS } = await import('../../toolchain/deploy/resolveProvider.ts');
  const { readCloudCells } = await import('../../toolchain/deploy/cloudCells.ts');
  const { providerStatus } = await import('../../toolchain/deploy/providerStatus.ts');
  const order = [...PROVIDERS].sort((left, right) => Number(right === last) - Number(left === last));
  const known = new Map<ProviderName, ProviderStatus>();
  /** Clouds that have a cell here, of whatever state. */
  const listed = new Set<ProviderName>();
  const asked = new AbortController();
  const picker = vscode.window.createQuickPick<Item>();
  picker.title = vscode.l10n.t('Deploy {0} to…', tasklet);
  picker.placeholder = vscode.l10n.t('Choose where it runs');
  picker.matchOnDescription = true;
  const draw = () => {
    const active = picker.activeItems[0];
    const items: Item[] = [
      ...order.flatMap((provider): Item[] => {
        const status = known.get(provider);
        const word = status === undefined ? undefined : describe(session, status, listed.has(provider));
        return [itemOf(provider, status, word, provider === last), ...cellItems(status)];
      }),
      { label: '', kind: vscode.QuickPickItemKind.Separator },
      {
        label: vscode.l10n.t('$(settings-gear) Change input and memory…'),
        description: pickText(settings),
        isSettings: true,
      },
    ];
    picker.items = items;
    // An answer that arrives must not move what the person is about to choose.
    const same = active === undefined ? undefined : items.find((item) => isSame(item, active));
    if (same !== undefined) picker.activeItems = [same];
  };
  draw();
  const asking = new Map<ProviderName, Promise<void>>();
  const ask = (provider: ProviderName): Promise<void> => {
    const answer = providerStatus(session.root, provider, asked.signal).then(
      async (status) => {
        const cells = provider === 'local' ? [] : await readCloudCells(session.root, provider).catch(() => []);
        if (cells.length > 0) listed.add(provider);
        known.set(provider, status);
      },
      () => {},
    );
    const drawn = answer.then(() => {
      asking.delete(provider);
      if (asked.signal.aborted) return;
      picker.busy = asking.size > 0;
      draw();
    });
    asking.set(provider, drawn);
    picker.busy = true;
    return drawn;
  };
  /** Waits for the state of a cell, and asks a cell again that did not answer. */
  const isUsable = async (provider: ProviderName, cell: string | undefined): Promise<boolean> => {
    if (cell !== undefined) return isCellUsable(provider, cell);
    if (known.get(provider)?.ready === true || provider === 'local') return true;
    if (!asking.has(provider) && !lacksCell(known.get(provider))) {
      known.delete(provider);
      void ask(provider);
      draw();
    }
    await asking.get(provider);
    const status = known.get(provider);
    return status === undefined || status.ready || lacksCell(status);
  };
  /** The same for one of several cells. One that is not confirmed leads to that question. */
  const isCellUsable = async (provider: ProviderName, cell: string): Promise<boolean> => {
    const seen = () => known.get(provider)?.cells.find(({ name }) => name === cell);
    if (seen()?.ready === false && seen()?.confirmed === true) await (asking.get(provider) ?? ask(provider));
    return seen()?.ready === true || seen()?.confirmed === false;
  };
  for (const provider of order) void ask(provider);
  try {
    const item = await choose(picker, isUsable);
    if (item?.isSettings === true) return 'settings';
    return item?.provider && { provider: item.provider, cell: item.cell, status: known.get(item.provider) };
  } finally {
    asked.abort();
    picker.dispose();
  }
}

/** Shows the picker; undefined when it is left. */
function choose(
  picker: vscode.QuickPick<Item>,
  isUsable: (provider: ProviderName, cell: string | undefined) => Promise<boolean>,
): Promise<Item | undefined> {
  return new Promise((resolve) => {
    picker.onDidAccept(() => {
      const [chosen] = picker.selectedItems;
      if (chosen?.provider === undefined) return resolve(chosen);
      // A cell that does not answer stays in the list with its reason, and can be chosen again.
      void isUsable(chosen.provider, chosen.cell).then((isReady) => {
        if (isReady) resolve(chosen);
      });
    });
    picker.onDidHide(() => resolve(undefined));
    picker.show();
  });
}

/** @param word the state of the provider, once it is known */
function itemOf(
  provider: ProviderName,
  status: ProviderStatus | undefined,
  word: string | undefined,
  isLast: boolean,
): Item {
  return {
    label: `${status?.ready === true ? '$(pass)' : '$(circle-outline)'} ${provider}`,
    description: word === undefined ? vscode.l10n.t('asking…') : pickText(word),
    ...detailOf(isLast, status),
    provider,
  };
}

/** The cells of a provider that has several, each as a row. */
function cellItems(status: ProviderStatus | undefined): Item[] {
  if (status === undefined || status.cells.length < 2) return [];
  const { provider } = status;
  return status.cells.map(({ name, ready, region, message, is_next }) => ({
    label: `${ready ? '$(pass)' : '$(circle-outline)'} ${provider}: ${name}`,
    description: pickText(
      [
        ready ? vscode.l10n.t('ready') : [vscode.l10n.t('not ready'), message].join(' · '),
        ...(region === null ? [] : [region]),
        ...(is_next ? [vscode.l10n.t('taken unless another is chosen')] : []),
      ].join(' · '),
    ),
    provider,
    cell: name,
  }));
}

function isSame(item: Item, other: Item): boolean {
  const isChoice = item.kind !== vscode.QuickPickItemKind.Separator;
  return (
    isChoice && item.provider === other.provider && item.cell === other.cell && item.isSettings === other.isSettings
  );
}

/**
 * True for a provider that has no cell here, or one that is not confirmed. Choosing it leads to
 * that question.
 */
function lacksCell(status: ProviderStatus | undefined): boolean {
  return status?.requirements.some(({ name, met }) => name === 'durable_provider_cell_record' && !met) === true;
}

/** The second line of a provider: its identity, or the reason why it cannot be used. */
function detailOf(isLast: boolean, status: ProviderStatus | undefined): { detail?: string } {
  const used = isLast ? [vscode.l10n.t('used last')] : [];
  if (status === undefined || status.provider === 'local' || lacksCell(status))
    return used.length === 0 ? {} : { detail: used.join(' · ') };
  const facts = status.ready
    ? [status.requirements.find(({ name }) => name === 'durable_provider_cell_record')?.message ?? '']
    : [vscode.l10n.t('Cannot be used now. Choose it to ask again.')];
  return { detail: pickText([...used, ...facts].filter((part) => part !== '').join(' · ')) };
}

function describe(session: ProgramSession, status: ProviderStatus, isListed: boolean): string {
  const record = status.requirements.find(({ name }) => name === 'durable_provider_cell_record');
  const heartbeat =
    status.last_heartbeat === null
      ? []
      : [vscode.l10n.t('last heartbeat {0}', timeText(new Date(status.last_heartbeat)))];
  if (status.ready) {
    const word = status.provider === 'local' ? stackWord('running') : vscode.l10n.t('ready');
    return [word, status.cell_id ?? '', ...heartbeat].join(' · ');
  }
  if (status.provider === 'local')
    return stackWord(session.stack.state.kind === 'running' ? 'unhealthy' : session.stack.state.kind);
  if (record?.met === false && !isListed) return vscode.l10n.t('not set up');
  return [vscode.l10n.t('not ready'), status.requirements.find(({ met }) => !met)?.message ?? ''].join(' · ');
}
