import type { SourceKind } from '../program/sourceKind.ts';
import { type TextRange, textLines } from '../program/textLines.ts';
import { rustTokens } from '../toolchain/validate/rustTokens.ts';
import { scriptOutline } from '../toolchain/validate/scriptOutline.ts';
import { watPlaces } from '../toolchain/validate/watPlaces.ts';

/** Where a source has the function every run calls, or null: the name `compute`, in WAT the export of the run function. */
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
        tokens.find((token, at) => token.text === '_grafos_tasklet_run' && tokens[at - 1]?.text === 'fn');
      return name === undefined ? null : textLines(text).rangeOf(name);
    }
    case 'wat':
      return watPlaces('', text).exportAt('_grafos_tasklet_run')?.range ?? null;
    case 'wasm':
      return null;
  }
}
