import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { listenError } from '../../../../daemons/kit/listenError.ts';

const CODES = { refused: 'port_refused', unavailable: 'address_unavailable' } as const;
const systemError = (code: string) => Object.assign(new Error(`listen ${code}`), { code });
const of = (error: unknown) =>
  listenError(error, { host: '::1', port: 80 }, 'bind', CODES) as { code?: string; message: string; next?: string };

describe('the error of an address', () => {
  for (const [system, code, what] of [
    ['EADDRINUSE', 'port_in_use', 'is in use'],
    ['EACCES', 'port_refused', 'may not be used'],
    ['EADDRNOTAVAIL', 'address_unavailable', 'is not of this machine'],
    ['ENOTFOUND', 'address_unavailable', 'is not of this machine'],
    ['EINVAL', 'address_unavailable', 'is not of this machine'],
  ] as const) {
    it(`${system} is ${code}`, () => {
      const error = of(systemError(system));
      assert.equal(error.code, code);
      assert.equal(error.message, `The address [::1]:80 of --bind ${what}.`);
      assert.ok(error.next);
    });
  }

  it('is found through what a library wrapped it in', () =>
    assert.equal(
      of(new Error('no', { cause: new Error('deeper', { cause: systemError('EACCES') }) })).code,
      'port_refused',
    ));

  it('of another kind stays as it is', () => {
    for (const error of [systemError('EMFILE'), new Error('no'), 'no'])
      assert.equal(listenError(error, { host: 'a', port: 1 }, 'bind', CODES), error);
  });

  it('is that of a real listener', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const address = holder.address();
    assert.ok(typeof address === 'object' && address !== null);
    const second = createServer().listen(address.port, '127.0.0.1');
    const [error] = await once(second, 'error');
    assert.equal(of(error).code, 'port_in_use');
    holder.close();
  });
});
