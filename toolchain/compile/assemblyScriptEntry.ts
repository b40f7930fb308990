import type { Span } from '../../program/textLines.ts';
import type { ParsedFunction, ParsedSource } from './assemblyScriptCompiler.ts';

/** Why a tasklet's `compute` cannot be called. Offsets are in the tasklet's text. */
export interface ComputeFault {
  kind: 'missing' | 'shape';
  span: Span;
  message: string;
  /** Where `export ` would mend it. */
  exportAt?: number;
}

export const COMPUTE_SHAPE =
  '`export function compute(input: Uint8Array): Uint8Array`, where either type may also be `string`';

/**
 * The module's entry point.
 *
 * Where `compute` is written in the tasklet with its types, they are read from the text and it is
 * called directly. Where it comes from elsewhere, or its types have other names, the compiler
 * infers them; that costs a function table.
 */
export function entryPoint(tasklet: ParsedSource, taskletPath: string): { text: string } | { fault: ComputeFault } {
  const compute = tasklet.functions.find(({ name }) => name === 'compute');
  const fault = compute === undefined ? null : faultOf(compute);
  if (fault !== null) return { fault };
  const input = compute?.params[0]?.type ?? '';
  const output = compute?.returns ?? '';
  return {
    text: `import "grafos-std/abort";
import { setContext } from "grafos-std/contextBlob";
${isData(input) && isData(output) ? direct(isText(input), isText(output)) : INFERRED}
import { compute } from "../${taskletPath.replace(/\.ts$/, '')}";

export function _grafos_tasklet_init(context: i32, length: i32): void {
  setContext(context, length);
}

export function _grafos_tasklet_finalize(): void {}
`,
  };
}

function direct(takesText: boolean, givesText: boolean): string {
  const [read, write] = [takesText ? 'inputText' : 'inputBytes', givesText ? 'outputText' : 'outputBytes'];
  return `import { failed } from "grafos-std/fail";
import { ${read}, ${write} } from "grafos-std/entry";

export function _grafos_tasklet_run(handle: i32, length: i32): i32 {
  const input = ${read}(handle, length);${takesText ? '\n  if (input === null) return 1;' : ''}
  const answer = compute(input);
  return failed() ? 1 : ${write}(answer);
}
`;
}

const INFERRED = `import { call } from "grafos-std/entry";

export function _grafos_tasklet_run(handle: i32, length: i32): i32 {
  return call(compute, handle, length);
}
`;

function faultOf(compute: ParsedFunction): ComputeFault | null {
  if (!compute.exported) {
    const message = 'The function `compute` is not exported, so nothing can call it. Write `export` in front of it.';
    return { kind: 'missing', span: compute.nameAt, message, exportAt: compute.start };
  }
  const shape = (span: Span, what: string): ComputeFault => ({
    kind: 'shape',
    span,
    message: `${what} Write ${COMPUTE_SHAPE}.`,
  });
  if (compute.generic) return shape(compute.nameAt, '`compute` must not be generic.');
  const [input, second] = compute.params;
  if (input === undefined) return shape(compute.nameAt, "`compute` must take the run's input.");
  if (second !== undefined) return shape(second, "`compute` takes the run's input and nothing else.");
  return null;
}

function isData(type: string): boolean {
  return type === 'Uint8Array' || isText(type);
}

function isText(type: string): boolean {
  return type === 'string' || type === 'String';
}
