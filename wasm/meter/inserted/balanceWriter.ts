import { Op } from '../../read/opcodes.ts';
import { ByteWriter } from '../byteWriter.ts';

/** Writes a body and the instructions in it that name the balance. */
export class BalanceWriter {
  readonly out = new ByteWriter(16_384);
  /** The body is wrapped into a block, and a branch out of it leads to the body's one trap. */
  isWrapped = false;
  /** The balance is a parameter and the last result. */
  isInner = false;
  private local = 0;
  private readonly localGet = new ByteWriter(8);
  private readonly localSet = new ByteWriter(8);
  private readonly globalGet: ByteWriter;
  private readonly globalSet: ByteWriter;

  constructor(fuelGlobal: number) {
    this.globalGet = new ByteWriter(8);
    this.globalSet = new ByteWriter(8);
    instruction(this.globalGet, Op.globalGet, fuelGlobal);
    instruction(this.globalSet, Op.globalSet, fuelGlobal);
  }

  /** Begins a body. */
  begin(isInner: boolean, isWrapped: boolean): void {
    this.out.length = 0;
    this.isInner = isInner;
    this.isWrapped = isWrapped;
  }

  /** Says which local has the balance. */
  keepIn(local: number): void {
    this.local = local;
    instruction(this.localGet, Op.localGet, local);
    instruction(this.localSet, Op.localSet, local);
  }

  getLocal(): void {
    this.out.copy(this.localGet.bytes, 0, this.localGet.length);
  }

  setLocal(): void {
    this.out.copy(this.localSet.bytes, 0, this.localSet.length);
  }

  teeLocal(): void {
    this.out.u8(Op.localTee);
    this.out.u32(this.local);
  }

  getGlobal(): void {
    this.out.copy(this.globalGet.bytes, 0, this.globalGet.length);
  }

  setGlobal(): void {
    this.out.copy(this.globalSet.bytes, 0, this.globalSet.length);
  }

  constant(value: number): void {
    this.out.u8(Op.i64Const);
    this.out.signed(value);
  }
}

function instruction(writer: ByteWriter, opcode: number, index: number): void {
  writer.length = 0;
  writer.u8(opcode);
  writer.u32(index);
}
