import type { AnswerStore } from '../deploy/answers.ts';
import { Emitter } from '../emitter.ts';

const KEY = 'runsShown';

export const RUN_GROUPS = ['day', 'tasklet', 'none'] as const;
export type RunGroup = (typeof RUN_GROUPS)[number];

/** The grouping and the filter of the view "Runs". The workspace remembers the grouping. */
export class RunsShown {
  readonly #store: AnswerStore;
  readonly #changed = new Emitter<void>();
  readonly onChanged = this.#changed.event;
  #group: RunGroup;
  #filter = '';

  constructor(store: AnswerStore) {
    this.#store = store;
    const kept = store.get<RunGroup>(KEY);
    this.#group = RUN_GROUPS.find((group) => group === kept) ?? 'day';
  }

  get group(): RunGroup {
    return this.#group;
  }

  get filter(): string {
    return this.#filter;
  }

  setGroup(group: RunGroup): void {
    this.#group = group;
    void this.#store.update(KEY, group);
    this.#changed.fire();
  }

  setFilter(filter: string): void {
    this.#filter = filter.trim();
    this.#changed.fire();
  }
}
