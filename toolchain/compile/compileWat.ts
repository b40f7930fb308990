import { basename } from 'node:path';
import { type Finding, finding } from '../validate/finding.ts';

export interface CompiledWat {
  /** Null when the text has errors. */
  wasm: Uint8Array | null;
  /** GRF2301, of the given file. */
  diagnostics: Finding[];
}

/**
 * Parses WebAssembly text (WebAssembly 2.0 and tail calls). Writes nothing. wabt is loaded on first
 * use.
 */
export async function compileWat(file: string, text: string): Promise<CompiledWat> {
  const wabt = await loadWabt();
  let module: ReturnType<typeof wabt.parseWat> | undefined;
  try {
    module = wabt.parseWat(basename(file), text.replace(/^\uFEFF/, ''), { tail_call: true });
    module.validate();
    return { wasm: module.toBinary({ write_debug_names: false }).buffer, diagnostics: [] };
  } catch (error) {
    return { wasm: null, diagnostics: readErrors(file, error instanceof Error ? error.message : String(error)) };
  } finally {
    module?.destroy();
  }
}

async function loadWabt() {
  const { default: start } = await import('wabt');
  return start();
}

/**
 * wabt says `name:line:column: error: what` (columns count bytes from 1), then the line itself and
 * a marker under the place.
 */
function readErrors(file: string, message: string): Finding[] {
  const findings: Finding[] = [];
  const lines = message.split('\n');
  lines.forEach((line, index) => {
    const match = /^.*?:(\d+):(\d+): error: (.*)$/.exec(line);
    if (match === null) return;
    const [, row, column, what] = match;
    const start = { line: Number(row) - 1, character: Math.max(0, Number(column) - 1) };
    const width = /\^+/.exec(lines[index + 2] ?? '')?.[0].length ?? 1;
    const range = { start, end: { line: start.line, character: start.character + width } };
    findings.push(finding('GRF2301', file, range, `${what}.`));
  });
  if (findings.length > 0) return findings;
  const nowhere = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };
  return [finding('GRF2301', file, nowhere, `The text is not a module: ${message}.`)];
}
