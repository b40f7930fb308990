import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../base/packageRoot.ts';
import { FINDINGS_FILES } from '../../scripts/findingsIndex.ts';
import { writtenText } from '../../scripts/generated.ts';
import { MANIFEST_FILES } from '../../scripts/manifestPage.ts';
import { CATALOGUE, FINDING_CODES, type FindingCode, findingPage } from '../../toolchain/validate/catalogue.ts';
import type { Finding } from '../../toolchain/validate/finding.ts';
import { validate } from '../../toolchain/validate/validate.ts';
import { applyEdits } from '../helpers/applyFix.ts';
import { exampleBlocks, writeExample } from '../helpers/exampleProgram.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';

/**
 * Findings that no example of a page can trigger: they need a cargo, or the lack of one, or
 * thousands of files, or all memory of a thread.
 *
 * Their own tests trigger them: buildRust.test.ts, compileRust.test.ts, hostileProgram.test.ts and
 * bounded.test.ts.
 */
const WITHOUT_EXAMPLE: FindingCode[] = ['GRF2006', 'GRF2007', 'GRF2207', 'GRF2208', 'GRF2209'];

describe('findings and their pages', () => {
  it('has a page for every code and a code for every page', () => {
    const pages = readdirSync(join(packageRoot, 'docs/reference/findings')).filter((name) => name.startsWith('GRF'));
    assert.deepEqual(pages.sort(), FINDING_CODES.map((code) => `${code}.md`).sort());
  });

  for (const [path, text] of Object.entries({ ...FINDINGS_FILES(), ...MANIFEST_FILES() })) {
    it(`${path} is up to date`, () => {
      assert.equal(readFileSync(join(packageRoot, path), 'utf8'), writtenText(path, text));
    });
  }

  for (const code of FINDING_CODES) {
    const page = readFileSync(join(packageRoot, findingPage(code)), 'utf8');

    it(`${code}: its page has its title, its severity and its four parts`, () => {
      const { severity, title } = CATALOGUE[code];
      assert.ok(
        page.startsWith(`# ${code}: ${title}\n\nSeverity: ${severity}.`),
        page.split('\n').slice(0, 3).join('\n'),
      );
      const parts = [...page.matchAll(/^## (.*)$/gm)].map(([, name]) => name);
      assert.deepEqual(parts, ['What it means', 'Why it matters', 'Example', 'How to fix it']);
    });

    if (WITHOUT_EXAMPLE.includes(code)) continue;
    it(`${code}: the example on its page triggers it and nothing else`, async () => {
      const blocks = exampleBlocks(page);
      assert.notEqual(blocks.length, 0, 'the page has no example');
      await using folder = await temporaryFolder();
      const root = join(folder.path, 'program');
      await writeExample(root, blocks);
      const findings = await validate(root);
      // No example is built; that goes without saying.
      const codes = new Set(findings.map((one) => one.code).filter((one) => one !== 'GRF3001' || code === 'GRF3001'));
      assert.deepEqual([...codes], [code], findings.map((one) => `${one.code} ${one.message}`).join('\n'));
      for (const one of findings) assert.equal(one.severity, CATALOGUE[one.code].severity);
      await everyFixMends(findings);
    });
  }
});

/** Each fix alone makes its finding go, and brings no error that was not there. */
async function everyFixMends(findings: readonly Finding[]): Promise<void> {
  for (const { code, message, file, fix } of findings) {
    if (fix === undefined) continue;
    const overlay = new Map<string, string>();
    for (const path of new Set(fix.edits.map((edit) => edit.file))) {
      const mine = fix.edits.filter((edit) => edit.file === path);
      overlay.set(path, applyEdits(readFileSync(path, 'utf8'), mine));
    }
    const folder = fix.edits[0]?.file.endsWith('grafos.toml') ? dirname(fix.edits[0].file) : dirname(dirname(file));
    const after = await validate(folder, { overlay });
    const left = after.filter((one) => one.message === message);
    assert.deepEqual(left, [], `${code}: "${fix.title}" leaves the finding`);
    const known = new Set(findings.map((one) => one.code));
    const brought = after.filter((one) => one.severity === 'error' && !known.has(one.code));
    assert.deepEqual(brought, [], `${code}: "${fix.title}" brings an error`);
  }
}
