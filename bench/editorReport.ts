import { launchChromium } from '../test/helpers/chromium.ts';
import { median } from '../test/helpers/measure.ts';
import { temporaryFolder } from '../test/helpers/temporaryFolder.ts';
import { activation } from './activation.ts';
import { editToResult } from './editToResult.ts';
import { installedExtension } from './installedExtension.ts';
import { languageServer } from './languageServer.ts';
import type { Report } from './report.ts';

/** Starts of the editor are slow and say little more when they are many. */
const WINDOWS_MAX = 5;

/**
 * Measures the language server and the extension's activation, and prints the figures beside their
 * aims.
 *
 * @param rounds starts of the server
 */
export async function editorReport(report: Report, rounds: number): Promise<void> {
  const figures = await languageServer(rounds);
  const words = (value: number) => `${value.toFixed(1)} ms`;
  report.table([
    ['language server over stdio', 'p50', 'p95', 'aim of p50'],
    [
      `keystroke to diagnostics, source (${figures.edits} edits)`,
      words(figures.source_edit_p50),
      words(figures.source_edit_p95),
      '200 ms',
    ],
    [
      `keystroke to diagnostics, grafos.toml (${figures.edits} edits)`,
      words(figures.manifest_edit_p50),
      words(figures.manifest_edit_p95),
      '30 ms',
    ],
    ['start to first diagnostics, source', words(figures.first_source_diagnostics), '', '1500 ms'],
    ['start to first diagnostics, grafos.toml', words(figures.first_manifest_diagnostics), '', '1500 ms'],
  ]);
  report.print('');
  await using folder = await temporaryFolder('grafos-bench-');
  const extensions = await installedExtension(folder.path);
  await using browser = await launchChromium();
  if (browser === undefined) throw new Error('The editor needs a browser to run in; set CHROMIUM to the path of one.');
  const { edited, unedited } = await editToResult(browser, extensions, rounds);
  report.table([
    [`Run in the editor (${rounds} rounds)`, 'p50', 'aim'],
    ['nothing edited, click to output', words(unedited), ''],
    ['edited, saved and run, to the output', words(edited), `3 times as long; here ${(edited / unedited).toFixed(1)}`],
  ]);
  report.print('');
  const windows = await activation(browser, extensions, Math.min(rounds, WINDOWS_MAX));
  const row = (what: string, all: number[], aim: string) => [
    what,
    words(median(all)),
    all.map((one) => one.toFixed(0)).join(' '),
    aim,
  ];
  report.table([
    [`extension in the editor (${windows.length} windows)`, 'p50', 'all', 'aim of p50'],
    row(
      '`activate`',
      windows.map(({ call }) => call),
      '50 ms',
    ),
    row(
      'with the loading of its code, as the editor shows it',
      windows.map(({ whole }) => whole),
      '',
    ),
  ]);
}
