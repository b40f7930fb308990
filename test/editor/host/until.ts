import type { Disposable, Event } from 'vscode';

/**
 * The first true value of `look`, asked now and after each of the events.
 *
 * @throws {Error} after `ms`, with the last value
 */
export function until<T>(
  what: string,
  events: Array<Event<unknown>>,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  ms = 30_000,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const watching: Disposable[] = [];
    const end = () => {
      clearTimeout(deadline);
      for (const one of watching) one.dispose();
    };
    const deadline = setTimeout(() => {
      end();
      reject(new Error(`waited ${ms} ms for ${what}`));
    }, ms);
    const ask = () => {
      Promise.resolve(look()).then(
        (value) => {
          if (value === undefined || value === false) return;
          end();
          resolve(value);
        },
        (error) => {
          end();
          reject(error);
        },
      );
    };
    for (const event of events) watching.push(event(ask));
    ask();
  });
}
