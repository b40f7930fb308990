import assert from 'node:assert/strict';
import { codeUrl } from '../../../../daemons/kit/codeUrl.ts';

describe('the code of a thread', () => {
  for (const [importer, source, url] of [
    ['file:///a/daemons/x/start.ts', './worker/run.ts', 'file:///a/daemons/x/worker/run.ts'],
    ['file:///a/daemons/x/runs/profile.ts', '../worker/run.ts', 'file:///a/daemons/x/worker/run.ts'],
    ['file:///a/dist/daemons/x.js', '../worker/run.ts', 'file:///a/dist/daemons/run.js'],
    ['file:///C:/a b/dist/daemons/part-1.js', './worker/run.ts', 'file:///C:/a%20b/dist/daemons/run.js'],
  ] as const) {
    it(`${source} of ${importer} is ${url}`, () => assert.equal(codeUrl(importer, source).href, url));
  }
});
