import { u32At } from '../../read/leb128.ts';
import { skipImmediates } from '../../read/skipImmediates.ts';

/** Reads the instructions of one metered body, and knows those that name the balance. */
export class CodeReader {
  readonly bytes: Uint8Array;
  /** Offset after the body. */
  readonly end: number;
  readonly fuelGlobal: number;
  /** The local that has the balance; -1 when the body has none. */
  readonly fuelLocal: number;

  constructor(bytes: Uint8Array, end: number, fuelGlobal: number, fuelLocal: number) {
    this.bytes = bytes;
    this.end = end;
    this.fuelGlobal = fuelGlobal;
    this.fuelLocal = fuelLocal;
  }

  opcode(offset: number): number {
    return this.bytes[offset] as number;
  }

  /** Offset after the instruction at an offset. */
  after(offset: number): number {
    return skipImmediates(this.bytes, this.opcode(offset), offset + 1, this.end);
  }

  /** Offset after several instructions, the first of which is at an offset. */
  afterAll(offset: number, count: number): number {
    let at = offset;
    for (let i = 0; i < count; i++) at = this.after(at);
    return at;
  }

  /** True for an instruction with this opcode that names the fuel global. */
  isGlobal(opcode: number, offset: number): boolean {
    return this.opcode(offset) === opcode && u32At(this.bytes, offset + 1) === this.fuelGlobal;
  }

  /** True for an instruction with this opcode that names the local of the balance. */
  isLocal(opcode: number, offset: number): boolean {
    return this.fuelLocal !== -1 && this.opcode(offset) === opcode && u32At(this.bytes, offset + 1) === this.fuelLocal;
  }
}
