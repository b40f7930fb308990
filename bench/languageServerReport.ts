import { languageServer } from './languageServer.ts';
import { printTable } from './printTable.ts';

/** Measures the language server and prints its figures beside what they aim at. @param rounds starts of the server */
export async function languageServerReport(rounds: number): Promise<void> {
  const figures = await languageServer(rounds);
  const words = (value: number) => `${value.toFixed(1)} ms`;
  printTable([
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
}
