import type { Report } from './report.ts';

/** The work that `--quick` or its absence asks for. */
export interface Effort {
  quick: boolean;
  /** Rounds of what is slow; figures are medians of them. */
  rounds: number;
  /** Length of a load, seconds. */
  seconds: number;
}

interface Section {
  title: string;
  /** One sentence for docs/internals/performance.md. */
  about: string;
  /** It has other tools beside it. */
  hasPeers?: boolean;
  measure(report: Report, effort: Effort, modules: string | undefined): Promise<void>;
}

/** The parts of the bench, in the order of docs/internals/performance.md. */
export const SECTIONS = {
  loop: {
    title: 'The inner loop',
    about: 'A start, a first run, warm runs, a build, and the memory of an idle stack.',
    hasPeers: true,
    measure: async (report, { rounds, seconds }, modules) =>
      (await import('./loopReport.ts')).loopReport(report, rounds, seconds, modules),
  },
  commands: {
    title: 'Everyday commands',
    about: 'Unchanged builds and commands for cells beside bare Node, and a large input beside a plain copy.',
    measure: async (report, { rounds }) => (await import('./commandsReport.ts')).commandsReport(report, rounds),
  },
  editor: {
    title: 'The editor',
    about: "The language server's answers, a run from click to output, the start of the extension.",
    measure: async (report, { rounds }) => (await import('./editorReport.ts')).editorReport(report, rounds),
  },
  runtime: {
    title: 'The tasklet runtime',
    about: 'A hello run in a worker of the cell, without network, store and scheduler.',
    measure: async (report, { quick }) => (await import('./runtimeReport.ts')).runtimeReport(report, quick ? 2 : 5),
  },
  meter: {
    title: 'The meter',
    about: 'Times of metered modules as ratios to plain ones, and of rewriting ([the meter](meter.md)).',
    hasPeers: true,
    measure: async (report, { quick }, modules) =>
      (await import('./meterReport.ts')).meterReport(report, modules, quick ? 7 : 31),
  },
  hostile: {
    title: 'Hostile neighbours',
    about: 'The end of each hostile case, and one client under attack ([limits](../reference/limits.md)).',
    measure: async (report, { quick }) =>
      (await import('./hostileReport.ts')).hostileReport(report, quick ? 200 : 1_000),
  },
} satisfies Record<string, Section> as Record<SectionName, Section>;

export type SectionName = 'loop' | 'commands' | 'editor' | 'runtime' | 'meter' | 'hostile';
