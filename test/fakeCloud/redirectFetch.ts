/**
 * Loaded before the command by tests (`node --import`): it leads the requests that have no official
 * setting for it to the fake cloud. The product itself has no such way.
 */
const LED: Record<string, string> = {
  'https://checkip.amazonaws.com/': '/own-address',
  'https://compute.googleapis.com/': '/gcp/',
};

const fake = process.env.GRAFOS_FAKE_CLOUD;
if (fake === undefined) throw new Error('GRAFOS_FAKE_CLOUD is not set');
if (!fake.startsWith('http://127.0.0.1:')) throw new Error('a fake cloud is on loopback');

const real = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  const url = input instanceof Request ? input.url : String(input);
  // A data URL reaches nobody.
  if (url.startsWith(fake) || url.startsWith('data:')) return real(input, init);
  for (const [from, to] of Object.entries(LED)) {
    if (url.startsWith(from)) return real(`${fake}${to}${url.slice(from.length)}`, init);
  }
  throw new Error(`a test must not reach ${url}`);
};
