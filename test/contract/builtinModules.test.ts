import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../base/packageRoot.ts';

const MODULES = globSync('dist/{daemons,extension,language-server}/*.js', { cwd: packageRoot });
const IMPORT = /(?:^|[;}\s])import(?:[\w\s{},*$]*from)?\s*["']node:[^"']*["']/;

describe("Node's own modules in the bundles", () => {
  it('are not imported (ADR 44): that would load what no daemon uses', () => {
    assert.ok(MODULES.length > 20, `${MODULES.length} bundles`);
    const importing = MODULES.filter((path) => IMPORT.test(readFileSync(join(packageRoot, path), 'utf8')));
    assert.deepEqual(importing, []);
  });

  for (const text of ['import"node:fs";', 'import{a as b}from"node:fs";', "var a;import * as fs from 'node:fs';"]) {
    it(`are found in ${text}`, () => assert.match(text, IMPORT));
  }
});
