import { textLines } from '../../program/textLines.ts';
import type { ModulePlaces, Place } from './checkModule.ts';
import { type WatToken, watTokens } from './watTokens.ts';

/**
 * Finds the places where a .wat text writes the parts of its module. Comments, which nest, and
 * strings do not fool it.
 */
export function watPlaces(file: string, text: string): ModulePlaces & { module(): Place | null } {
  const tokens = watTokens(text);
  const lines = textLines(text);
  const place = (from: WatToken, to: WatToken): Place => ({
    file,
    range: lines.rangeOf({ start: from.start, end: to.end }),
  });
  const find = (matches: (at: number) => boolean, width: number): Place | null => {
    for (let at = 0; at < tokens.length; at++) {
      const [from, to] = [tokens[at], tokens[at + width]];
      if (from !== undefined && to !== undefined && matches(at)) return place(from, to);
    }
    return null;
  };
  const word = (at: number) => tokens[at]?.text;
  return {
    importAt: (module, name) =>
      find(
        (at) =>
          word(at) === 'import' && word(at + 1) === JSON.stringify(module) && word(at + 2) === JSON.stringify(name),
        2,
      ),
    exportAt: (name) => find((at) => word(at) === 'export' && word(at + 1) === JSON.stringify(name), 1),
    memory: () =>
      find(
        (at) =>
          word(at) === 'memory' &&
          word(at - 1) === '(' &&
          word(at - 2) !== 'export' &&
          /^(\d|\$|\(|i64)/.test(word(at + 1) ?? '') &&
          !insideExport(at),
        0,
      ),
    module: () => find((at) => word(at) === 'module' && word(at - 1) === '(', 0),
    start: () => find((at) => word(at) === 'start' && word(at - 1) === '(', 0),
  };

  /** `(export "m" (memory 0))` names a memory and does not make one. */
  function insideExport(at: number): boolean {
    return word(at - 3) === 'export';
  }
}
