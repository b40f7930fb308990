/** A frame of a metered module in the stack of an error. */
export interface StackFrame {
  functionIndex: number;
  /** Byte offset in the metered module. */
  offset: number;
}

/** V8 names a frame of a module without a name section `wasm://wasm/<hash>:wasm-function[<index>]:0x<offset>`. */
const WASM_FRAME = /^\s*at wasm:\/\/wasm\/[0-9a-f]+:wasm-function\[(\d+)\]:0x([0-9a-f]+)$/;

/** Reads one line of the `stack` of an error that V8 threw; null where it is no frame of WebAssembly. */
export function stackFrame(line: string): StackFrame | null {
  const match = WASM_FRAME.exec(line);
  return match === null ? null : { functionIndex: Number(match[1]), offset: Number.parseInt(match[2] as string, 16) };
}
