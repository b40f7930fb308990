import { mayTrap } from '../read/mayTrap.ts';
import { IMMEDIATES, Immediate, Op } from '../read/opcodes.ts';

/** Kinds of instructions, for a pass that looks at few of them closely. */
export const StepKind = {
  /** One byte that cannot trap. */
  bare: 0,
  /** Cannot trap, and names no local. */
  plain: 1,
  /** Names a local. */
  local: 2,
  /** Can trap. */
  traps: 3,
  /** Its number after the prefix decides. */
  prefixed: 4,
  /** Control instructions and `memory.grow`, which end a run of steps. */
  control: 5,
} as const;

/** The {@link StepKind} of each opcode. An unknown one is plain, so that it is refused. */
export const STEP_KINDS = Uint8Array.from({ length: 256 }, (_, opcode) => kindOf(opcode));

function kindOf(opcode: number): number {
  if (opcode <= Op.returnCallIndirect || opcode === Op.memoryGrow) return StepKind.control;
  if (opcode === Op.prefixFc || opcode === Op.prefixFd) return StepKind.prefixed;
  if (opcode >= Op.localGet && opcode <= Op.localTee) return StepKind.local;
  if (mayTrap(Uint8Array.of(opcode), 0, opcode)) return StepKind.traps;
  return IMMEDIATES[opcode] === Immediate.none ? StepKind.bare : StepKind.plain;
}
