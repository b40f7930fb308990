import { Op } from '../../read/opcodes.ts';
import type { ByteWriter } from '../byteWriter.ts';

/** Writes a body and the instructions in it that name the balance. */
export class BalanceWriter {
  readonly out: ByteWriter;
  /** The body is wrapped into a block, and a branch out of it leads to the body's one trap. */
  isWrapped = false;
  /** The balance is a parameter and the last result. */
  isInner = false;
  private readonly fuelGlobal: number;
  private local = 0;

  constructor(out: ByteWriter, fuelGlobal: number) {
    this.out = out;
    this.fuelGlobal = fuelGlobal;
  }

  /** Begins a body. */
  begin(isInner: boolean, isWrapped: boolean): void {
    this.isInner = isInner;
    this.isWrapped = isWrapped;
  }

  /** Says which local has the balance. */
  keepIn(local: number): void {
    this.local = local;
  }

  getLocal(): void {
    this.indexed(Op.localGet, this.local);
  }

  setLocal(): void {
    this.indexed(Op.localSet, this.local);
  }

  teeLocal(): void {
    this.indexed(Op.localTee, this.local);
  }

  getGlobal(): void {
    this.indexed(Op.globalGet, this.fuelGlobal);
  }

  setGlobal(): void {
    this.indexed(Op.globalSet, this.fuelGlobal);
  }

  constant(value: number): void {
    this.out.u8(Op.i64Const);
    this.out.signed(value);
  }

  private indexed(opcode: number, index: number): void {
    this.out.u8(opcode);
    this.out.u32(index);
  }
}
