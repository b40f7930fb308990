import { EMPTY_BLOCK, Op } from '../read/opcodes.ts';
import type { FunctionType, ValueType } from '../read/wasmModule.ts';
import { ByteWriter } from './byteWriter.ts';

/** Instruction that gives zero, or no reference, of each type. */
const ZERO: Record<ValueType, readonly number[]> = {
  i32: [Op.i32Const, 0],
  i64: [Op.i64Const, 0],
  f32: [Op.f32Const, 0, 0, 0, 0],
  f64: [Op.f64Const, 0, 0, 0, 0, 0, 0, 0, 0],
  v128: [Op.prefixFd, 12, ...new Array(16).fill(0)],
  funcref: [Op.refNull, 0x70],
  externref: [Op.refNull, 0x6f],
};

/** A body is written here before its size is known. */
const body = new ByteWriter(64);

/**
 * Writes the body of a function that hands over to its inner function.
 *
 * It takes the balance from the global and stores the balance that it gets back.
 *
 * @param params number of parameters
 */
export function writeHandOver(out: ByteWriter, params: number, inner: number, fuelGlobal: number): void {
  begin();
  for (let local = 0; local < params; local++) withIndex(Op.localGet, local);
  withIndex(Op.globalGet, fuelGlobal);
  withIndex(Op.call, inner);
  withIndex(Op.globalSet, fuelGlobal);
  finish(out);
}

/** Writes the body of a function that calls another with zeros and drops what it gives. */
export function writeTouch(out: ByteWriter, type: FunctionType | undefined, index: number): void {
  begin();
  for (const param of type?.params ?? []) body.append(ZERO[param]);
  withIndex(Op.call, index);
  for (let i = type?.results.length ?? 0; i > 0; i--) body.u8(Op.drop);
  finish(out);
}

/**
 * Writes the body of the interrupt function: if the balance has a value that it never has, call
 * yourself.
 *
 * With a call in it, no engine leaves out the check at its entry.
 */
export function writeInterruptFunction(out: ByteWriter, index: number, fuelGlobal: number): void {
  begin();
  withIndex(Op.globalGet, fuelGlobal);
  body.u8(Op.i64Const);
  body.signed(Number.MIN_SAFE_INTEGER);
  body.append([Op.i64Eq, Op.if, EMPTY_BLOCK]);
  withIndex(Op.call, index);
  body.u8(Op.end);
  finish(out);
}

/** Begins a body without locals. */
function begin(): void {
  body.length = 0;
  body.u8(0);
}

function withIndex(opcode: number, index: number): void {
  body.u8(opcode);
  body.u32(index);
}

function finish(out: ByteWriter): void {
  body.u8(Op.end);
  out.sized(body);
}
