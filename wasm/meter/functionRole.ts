/** The kind of function that a body is metered for. */
export interface FunctionRole {
  /** Number of the function's parameters, the balance not counted. */
  params: number;
  /** The balance is a parameter and the last result. */
  isInner: boolean;
  /** Type of a block that gives the function's results. */
  blockType: Uint8Array;
  /** Weight of the function's frame. */
  weight: number;
  /** The balance is checked at the entry, so the local has it when the first region begins. */
  isCheckedEntry: boolean;
  /** The function is made too long for V8 to inline. */
  isLong: boolean;
}
