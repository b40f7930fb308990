import type { MakingProvider } from '../../toolchain/cloud/cellCloud.ts';

/** A cell that `grafos cloud provision` made from this program. */
export interface MadeCellNode {
  provider: MakingProvider;
  name: string;
  /** URL of its scheduler once it is known. */
  url: string | null;
}

/** The cells that were made from a program, by its notes. */
export async function madeCells(root: string): Promise<MadeCellNode[]> {
  const { readJournals } = await import('../../toolchain/cloud/cloudJournal.ts');
  return readJournals(root).map(({ provider, name, url }) => ({ provider, name, url }));
}
