import assert from 'node:assert/strict';
import { startTemporaryStack } from '../../toolchain/stack/startTemporaryStack.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';
import { CORPUS } from './corpus.ts';
import { faultOf, hello, helloFault, putModule, submitCase } from './submitCase.ts';

describe('hostile modules on a real stack', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let stack: Awaited<ReturnType<typeof startTemporaryStack>>;
  let helloSha256 = '';

  before(async () => {
    folder = await temporaryFolder('grafos-hostile-');
    stack = await startTemporaryStack(folder.path, 128 * 1024, AbortSignal.timeout(30_000));
    helloSha256 = await putModule(stack.client, hello());
  });

  after(async () => {
    await stack?.[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  for (const one of CORPUS) {
    it(`${one.name}: ${one.error ?? 'runs within its bounds'}`, async function () {
      this.timeout(60_000);
      assert.equal(faultOf(one, await submitCase(stack.client, one)), undefined);
      assert.equal(await helloFault(stack.client, helloSha256), undefined);
    });
  }
});
