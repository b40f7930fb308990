import type { CellStore } from './cellStore.ts';

/**
 * Ids of used tokens, kept until the token expires, also over a restart. Otherwise a token could be
 * used again after one.
 */
export interface TokenTable {
  /** False when the id was used before. `expiresAt` in milliseconds since 1970. */
  use(subject: string, jti: string, expiresAt: number): boolean;
}

/** Number of new tokens between two looks for expired ones. */
const SWEEP_EVERY = 256;

export function createTokenTable(store: CellStore): TokenTable {
  const insert = store.prepare('INSERT OR IGNORE INTO tokens_seen (subject, jti, expires_at) VALUES (?, ?, ?)');
  const sweep = store.prepare('DELETE FROM tokens_seen WHERE expires_at < ?');
  let sinceSweep = SWEEP_EVERY;
  return {
    use: (subject, jti, expiresAt) =>
      store.change(() => {
        sinceSweep += 1;
        if (sinceSweep > SWEEP_EVERY) {
          sinceSweep = 0;
          sweep.run(Date.now());
        }
        return insert.run(subject, jti, expiresAt).changes > 0;
      }).value,
  };
}
