import type { ProviderName } from '../../toolchain/deploy/resolveProvider.ts';

export type InputChoice =
  | { kind: 'none' }
  | { kind: 'fixture'; name: string }
  | { kind: 'file'; path: string }
  | { kind: 'text'; text: string };

/** The last answers for a tasklet, so that the questions need not be asked again. */
export interface Answers {
  input?: InputChoice;
  /** Bytes of fabric memory; absent: what the manifest says. */
  mem?: number;
  provider?: ProviderName;
}

/** The part of the editor's memory that answers are kept in. */
export interface AnswerStore {
  get<T>(key: string): T | undefined;
  update(key: string, value: unknown): PromiseLike<void>;
}

/** Texts longer than this are not kept. */
const TEXT_MAX = 16 * 1024;

export function readAnswers(store: AnswerStore, root: string, tasklet: string): Answers {
  return store.get<Answers>(keyOf(root, tasklet)) ?? {};
}

export async function keepAnswers(store: AnswerStore, root: string, tasklet: string, answers: Answers): Promise<void> {
  const { input, ...others } = answers;
  const isKept = input !== undefined && !(input.kind === 'text' && input.text.length > TEXT_MAX);
  await store.update(keyOf(root, tasklet), isKept ? answers : others);
}

function keyOf(root: string, tasklet: string): string {
  return `answers:${root}:${tasklet}`;
}
