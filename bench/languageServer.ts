import { cp, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../base/packageRoot.ts';
import { type LanguageClient, languageClient } from '../test/helpers/languageClient.ts';
import { median, percentile } from '../test/helpers/measure.ts';

/** Milliseconds, as a client of the built server sees them over its standard input and output. */
export interface LanguageServerFigures {
  /** From starting the process to the first finding of a source that was opened. */
  first_source_diagnostics: number;
  /** The same of a manifest. */
  first_manifest_diagnostics: number;
  source_edit_p50: number;
  source_edit_p95: number;
  manifest_edit_p50: number;
  manifest_edit_p95: number;
  edits: number;
}

const EDITS = 50;

/**
 * Edits a copy of `cookbook/local-dev`, each time so that a finding comes or goes, and waits for
 * the diagnostics of that very version.
 */
export async function languageServer(rounds: number): Promise<LanguageServerFigures> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'grafos-bench-'));
  try {
    await cp(join(packageRoot, 'cookbook/local-dev'), folder, {
      recursive: true,
      filter: (from) => !/[/\\](build|\.grafos)$/.test(from),
    });
    const source = join(folder, 'tasklets/local-dev.ts');
    const manifest = join(folder, 'grafos.toml');
    const [script, toml] = await Promise.all([readFile(source, 'utf8'), readFile(manifest, 'utf8')]);
    const badScript = script.replace('input.length', 'input.lengths');
    const badToml = toml.replace('32KiB', '32KB');

    const first = async (file: string, text: string, code: string) => {
      const begun = performance.now();
      await using client = await languageClient();
      client.open(file, text);
      await client.diagnostics(file, (all) => all.some((one) => one.code === code));
      return performance.now() - begun;
    };
    const sourceStarts: number[] = [];
    const manifestStarts: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      sourceStarts.push(await first(source, badScript, 'GRF2101'));
      manifestStarts.push(await first(manifest, badToml, 'GRF1011'));
    }

    await using client = await languageClient();
    const sourceEdits = await edits(client, source, script, badScript, 'GRF2101');
    const manifestEdits = await edits(client, manifest, toml, badToml, 'GRF1011');
    return {
      first_source_diagnostics: median(sourceStarts),
      first_manifest_diagnostics: median(manifestStarts),
      source_edit_p50: median(sourceEdits),
      source_edit_p95: percentile(sourceEdits, 0.95),
      manifest_edit_p50: median(manifestEdits),
      manifest_edit_p95: percentile(manifestEdits, 0.95),
      edits: EDITS,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function edits(client: LanguageClient, file: string, good: string, bad: string, code: string): Promise<number[]> {
  client.open(file, good);
  await client.diagnostics(file, (all) => !all.some((one) => one.code === code));
  const taken: number[] = [];
  for (let edit = 0; edit < EDITS; edit += 1) {
    const wanted = edit % 2 === 0;
    const version = edit + 2;
    const begun = performance.now();
    client.change(file, version, wanted ? bad : good);
    await client.diagnostics(file, (all, of) => of === version && all.some((one) => one.code === code) === wanted);
    taken.push(performance.now() - begun);
  }
  return taken;
}
