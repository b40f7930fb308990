import type { SourceKind } from '../../program/sourceKind.ts';
import { type TextRange, textLines } from '../../program/textLines.ts';
import { type RustToken, rustTokens } from '../validate/rustTokens.ts';
import { scriptOutline } from '../validate/scriptOutline.ts';
import { watPlaces } from '../validate/watPlaces.ts';

/**
 * Finds the function that every run calls: the name `compute`, in Rust also the function under
 * `#[tasklet]`, in WAT the export of the run function. Null where a source has none.
 */
export function computePlace(kind: SourceKind, text: string): TextRange | null {
  switch (kind) {
    case 'assemblyscript': {
      const { compute } = scriptOutline(text);
      return compute === null ? null : textLines(text).rangeOf(compute.name);
    }
    case 'rust': {
      const tokens = rustTokens(text);
      const name =
        tokens.find((token, at) => token.text === 'compute' && tokens[at - 1]?.text === 'fn') ??
        underAttribute(tokens) ??
        tokens.find((token, at) => token.text === '_grafos_tasklet_run' && tokens[at - 1]?.text === 'fn');
      return name === undefined ? null : textLines(text).rangeOf(name);
    }
    case 'wat':
      return watPlaces('', text).exportAt('_grafos_tasklet_run')?.range ?? null;
    case 'wasm':
      return null;
  }
}

/** The name of the function under `#[tasklet]` or `#[grafos_std::tasklet]`. */
function underAttribute(tokens: RustToken[]): RustToken | undefined {
  const attribute = tokens.findIndex(({ text }, at) => text === 'tasklet' && tokens[at + 1]?.text === ']');
  if (attribute === -1) return undefined;
  return tokens.find((_, at) => at > attribute && tokens[at - 1]?.text === 'fn');
}
