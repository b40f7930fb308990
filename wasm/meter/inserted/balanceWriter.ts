import { Op } from '../../read/opcodes.ts';
import { ByteWriter } from '../byteWriter.ts';

/** Writes a body and the instructions in it that name the balance. */
export class BalanceWriter {
  readonly out = new ByteWriter(16_384);
  /** The body is wrapped into a block, and a branch out of it leads to the body's one trap. */
  isWrapped = false;
  /** The balance is a parameter and the last result. */
  isInner = false;
  #local = 0;
  readonly #getLocal = new ByteWriter(8);
  readonly #setLocal = new ByteWriter(8);
  readonly #getGlobal: ByteWriter;
  readonly #setGlobal: ByteWriter;

  constructor(fuelGlobal: number) {
    this.#getGlobal = new ByteWriter(8);
    this.#setGlobal = new ByteWriter(8);
    instruction(this.#getGlobal, Op.globalGet, fuelGlobal);
    instruction(this.#setGlobal, Op.globalSet, fuelGlobal);
  }

  /** Begins a body. */
  begin(isInner: boolean, isWrapped: boolean): void {
    this.out.length = 0;
    this.isInner = isInner;
    this.isWrapped = isWrapped;
  }

  /** Says which local has the balance. */
  keepIn(local: number): void {
    this.#local = local;
    instruction(this.#getLocal, Op.localGet, local);
    instruction(this.#setLocal, Op.localSet, local);
  }

  getLocal(): void {
    this.out.copy(this.#getLocal.bytes, 0, this.#getLocal.length);
  }

  setLocal(): void {
    this.out.copy(this.#setLocal.bytes, 0, this.#setLocal.length);
  }

  teeLocal(): void {
    this.out.u8(Op.localTee);
    this.out.u32(this.#local);
  }

  getGlobal(): void {
    this.out.copy(this.#getGlobal.bytes, 0, this.#getGlobal.length);
  }

  setGlobal(): void {
    this.out.copy(this.#setGlobal.bytes, 0, this.#setGlobal.length);
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
