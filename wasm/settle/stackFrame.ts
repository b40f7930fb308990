/** A frame of a metered module in the stack of an error. */
export interface StackFrame {
  functionIndex: number;
  /** Byte offset in the metered module. */
  offset: number;
}

/** V8's form: `wasm://wasm/<hash>:wasm-function[<index>]:0x<offset>`, without a name section. */
const WASM_FRAME = /^\s*at wasm:\/\/wasm\/[0-9a-f]+:wasm-function\[(\d+)\]:0x([0-9a-f]+)$/;

/** Reads one line of an error's `stack`; null where it is no frame of WebAssembly. */
export function stackFrame(line: string): StackFrame | null {
  const match = WASM_FRAME.exec(line);
  return match === null ? null : { functionIndex: Number(match[1]), offset: Number.parseInt(match[2] as string, 16) };
}
