/** A port number of one protocol, held until it is closed. */
export interface HeldPort {
  readonly port: number;
  close(): Promise<unknown>;
}

/**
 * Attempts. The system hands out ports of one protocol without looking at the other. A port that is
 * taken by chance is rare, two in a row more so.
 */
const TRIES = 8;
/** The last is what Windows says of a port in a range it keeps for itself. */
const TAKEN = ['EADDRINUSE', 'EACCES'];

/**
 * Holds one port number for two protocols. Port 0 chooses one that is free in both. Another port
 * must be free, or the system's error is thrown.
 */
export async function samePort<First extends HeldPort, Second>(
  port: number,
  first: (port: number) => Promise<First>,
  second: (port: number) => Promise<Second>,
): Promise<[First, Second]> {
  for (let left = TRIES - 1; ; left--) {
    const held = await first(port);
    try {
      return [held, await second(held.port)];
    } catch (error) {
      await held.close();
      const isTaken = error instanceof Error && 'code' in error && TAKEN.includes(String(error.code));
      if (port !== 0 || left === 0 || !isTaken) throw error;
    }
  }
}
