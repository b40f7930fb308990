import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Makes the key of one listener for its connection ids and retry tokens, with its operations. */
export function createQuicTokenKey() {
  const key = exactBuffer(randomBytes(32));
  const mac = (secret: ArrayBuffer, data: ArrayBuffer) =>
    createHmac('sha256', new Uint8Array(secret)).update(new Uint8Array(data)).digest();
  return {
    key,
    ops: {
      sign: async (secret: ArrayBuffer, data: ArrayBuffer) => exactBuffer(mac(secret, data)),
      verify: async (secret: ArrayBuffer, data: ArrayBuffer, signature: ArrayBuffer) => {
        const expected = mac(secret, data);
        const given = new Uint8Array(signature);
        return given.length === expected.length && timingSafeEqual(expected, given);
      },
    },
  };
}

/** The library reads an ArrayBuffer from its beginning: a Buffer's pool must not come with it. */
function exactBuffer(bytes: Buffer): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}
