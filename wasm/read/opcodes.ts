/**
 * The one opcode table: every instruction of WebAssembly 2.0 and the two tail calls, with the
 * immediates that follow its opcode in the binary.
 *
 * Source: WebAssembly Core Specification 2.0, section 5.4; tail-call proposal. An opcode outside of
 * the table is refused.
 */

/** Kinds of immediates that follow an opcode. */
export const Immediate = {
  none: 0,
  // One number each, up to and with {@link ONE_NUMBER}.
  /** Block type: s33. */
  block: 1,
  /** One u32: an index or a label. */
  index: 2,
  i32: 3,
  i64: 4,
  /** Two u32. */
  twoIndexes: 5,
  /** Alignment and offset, both u32. */
  memarg: 6,
  brTable: 7,
  f32: 8,
  f64: 9,
  /** Vector of value types. */
  selectTypes: 10,
  /** One zero byte: the memory's index. */
  memory: 11,
  /** Two zero bytes. */
  twoMemories: 12,
  /** u32, then one zero byte. */
  indexAndMemory: 13,
  /** Reference type. */
  refType: 14,
  memargLane: 15,
  lane: 16,
  v128: 17,
  shuffle: 18,
  prefixFc: 19,
  prefixFd: 20,
  unknown: 255,
} as const;

/** Immediates up to this one, but for `none`, are one LEB128. */
export const ONE_NUMBER = Immediate.i64;

/** Type of a block without values. */
export const EMPTY_BLOCK = 0x40;

export const Op = {
  unreachable: 0x00,
  nop: 0x01,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  returnCall: 0x12,
  returnCallIndirect: 0x13,
  drop: 0x1a,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  memoryGrow: 0x40,
  i32Const: 0x41,
  i64Const: 0x42,
  f32Const: 0x43,
  f64Const: 0x44,
  i64Eq: 0x51,
  i64Ne: 0x52,
  i64LtS: 0x53,
  i64GeS: 0x59,
  i64Add: 0x7c,
  i64Sub: 0x7d,
  i64And: 0x83,
  refNull: 0xd0,
  refFunc: 0xd2,
  prefixFc: 0xfc,
  prefixFd: 0xfd,
} as const;

function table(size: number, rows: ReadonlyArray<readonly [from: number, to: number, immediate: number]>): Uint8Array {
  const kinds = new Uint8Array(size).fill(Immediate.unknown);
  for (const [from, to, immediate] of rows) kinds.fill(immediate, from, to + 1);
  return kinds;
}

/** Immediate of each one-byte opcode. */
export const IMMEDIATES: Uint8Array = table(256, [
  [0x00, 0x01, Immediate.none], // unreachable, nop
  [0x02, 0x04, Immediate.block], // block, loop, if
  [0x05, 0x05, Immediate.none], // else
  [0x0b, 0x0b, Immediate.none], // end
  [0x0c, 0x0d, Immediate.index], // br, br_if
  [0x0e, 0x0e, Immediate.brTable],
  [0x0f, 0x0f, Immediate.none], // return
  [0x10, 0x10, Immediate.index], // call
  [0x11, 0x11, Immediate.twoIndexes], // call_indirect
  [0x12, 0x12, Immediate.index], // return_call
  [0x13, 0x13, Immediate.twoIndexes], // return_call_indirect
  [0x1a, 0x1b, Immediate.none], // drop, select
  [0x1c, 0x1c, Immediate.selectTypes],
  [0x20, 0x26, Immediate.index], // local.*, global.*, table.get, table.set
  [0x28, 0x3e, Immediate.memarg], // loads and stores
  [0x3f, 0x40, Immediate.memory], // memory.size, memory.grow
  [0x41, 0x41, Immediate.i32],
  [0x42, 0x42, Immediate.i64],
  [0x43, 0x43, Immediate.f32],
  [0x44, 0x44, Immediate.f64],
  [0x45, 0xc4, Immediate.none], // numeric instructions, sign extension included
  [0xd0, 0xd0, Immediate.refType], // ref.null
  [0xd1, 0xd1, Immediate.none], // ref.is_null
  [0xd2, 0xd2, Immediate.index], // ref.func
  [0xfc, 0xfc, Immediate.prefixFc],
  [0xfd, 0xfd, Immediate.prefixFd],
]);

/** Immediate of each opcode after the prefix 0xFC: saturating conversions, bulk memory, tables. */
export const FC_IMMEDIATES: Uint8Array = table(18, [
  [0, 7, Immediate.none], // iNN.trunc_sat_fNN
  [8, 8, Immediate.indexAndMemory], // memory.init
  [9, 9, Immediate.index], // data.drop
  [10, 10, Immediate.twoMemories], // memory.copy
  [11, 11, Immediate.memory], // memory.fill
  [12, 12, Immediate.twoIndexes], // table.init
  [13, 13, Immediate.index], // elem.drop
  [14, 14, Immediate.twoIndexes], // table.copy
  [15, 17, Immediate.index], // table.grow, table.size, table.fill
]);

/** Immediate of each opcode after the prefix 0xFD: fixed-width SIMD. */
export const FD_IMMEDIATES: Uint8Array = table(256, [
  [0, 11, Immediate.memarg], // v128.load*, v128.store
  [12, 12, Immediate.v128],
  [13, 13, Immediate.shuffle],
  [14, 20, Immediate.none], // swizzle, splats
  [21, 34, Immediate.lane], // extract_lane, replace_lane
  [35, 83, Immediate.none],
  [84, 91, Immediate.memargLane], // v128.loadNN_lane, v128.storeNN_lane
  [92, 93, Immediate.memarg], // v128.load32_zero, v128.load64_zero
  [94, 255, Immediate.none],
  // Numbers the SIMD specification left free; given up before it was finished.
  ...[
    0x9a, 0xa2, 0xa5, 0xa6, 0xaf, 0xb0, 0xb2, 0xb3, 0xb4, 0xbb, 0xc2, 0xc5, 0xc6, 0xcf, 0xd0, 0xd2, 0xd3, 0xd4, 0xe2,
    0xee,
  ].map((free) => [free, free, Immediate.unknown] as const),
]);

/**
 * The feature that an opcode outside of the table belongs to, for the message; undefined for an
 * unknown opcode.
 */
export function featureOfUnknown(opcode: number, sub: number): string | undefined {
  if (opcode === 0xfe) return 'threads';
  if (opcode === 0xfb) return 'gc';
  if (opcode === 0xfd && sub >= 0x100 && sub <= 0x12f) return 'relaxed-simd';
  if (opcode === 0xfc && sub >= 19 && sub <= 22) return 'wide-arithmetic';
  if ((opcode >= 0x06 && opcode <= 0x0a) || opcode === 0x18 || opcode === 0x19 || opcode === 0x1f) return 'exceptions';
  if (opcode === 0x14 || opcode === 0x15 || (opcode >= 0xd4 && opcode <= 0xd6)) return 'function-references';
  if (opcode === 0xd3) return 'gc';
  return undefined;
}
