import type { AnswerStore, InputChoice } from '../deploy/answers.ts';

const KEY = 'runInputs';
/** Runs of one workspace whose inputs are remembered. */
const RUNS_MAX = 1_000;
/** Characters of a typed input that are remembered. One more marks a longer input. */
const TEXT_MAX = 40;

/**
 * The sources of the inputs of runs that this workspace started, by run id. The newest runs are
 * kept.
 */
export class RunInputs {
  readonly #store: AnswerStore;
  readonly #choices: Map<string, InputChoice>;

  constructor(store: AnswerStore) {
    this.#store = store;
    this.#choices = new Map(store.get<Array<[string, InputChoice]>>(KEY) ?? []);
  }

  of(runId: string): InputChoice | undefined {
    return this.#choices.get(runId);
  }

  async put(runId: string, choice: InputChoice): Promise<void> {
    const isLong = choice.kind === 'text' && choice.text.length > TEXT_MAX;
    this.#choices.set(runId, isLong ? { kind: 'text', text: choice.text.slice(0, TEXT_MAX + 1) } : choice);
    for (const [oldest] of this.#choices) {
      if (this.#choices.size <= RUNS_MAX) break;
      this.#choices.delete(oldest);
    }
    await this.#store.update(KEY, [...this.#choices]);
  }
}
