/** A child of an expression that can be read and replaced. */
export interface ChildPlace {
  get(expression: number): number;
  set(expression: number, child: number): void;
}

/**
 * Gives the children of an expression in order of evaluation; null for an unknown kind of
 * expression.
 */
export type ExpressionChildren = (expression: number) => ChildPlace[] | null;

/**
 * Kinds of expressions and their single children, in order of evaluation. Binaryen has no function
 * that lists the children of any expression.
 */
const CHILDREN: Record<string, readonly string[]> = {
  Nop: [],
  Unreachable: [],
  Const: [],
  LocalGet: [],
  GlobalGet: [],
  MemorySize: [],
  DataDrop: [],
  AtomicFence: [],
  RefNull: [],
  RefFunc: [],
  Pop: [],
  If: ['Condition', 'IfTrue', 'IfFalse'],
  Loop: ['Body'],
  Break: ['Value', 'Condition'],
  Switch: ['Value', 'Condition'],
  LocalSet: ['Value'],
  GlobalSet: ['Value'],
  Load: ['Ptr'],
  Store: ['Ptr', 'Value'],
  Unary: ['Value'],
  Binary: ['Left', 'Right'],
  Select: ['IfTrue', 'IfFalse', 'Condition'],
  Drop: ['Value'],
  Return: ['Value'],
  MemoryGrow: ['Delta'],
  MemoryCopy: ['Dest', 'Source', 'Size'],
  MemoryFill: ['Dest', 'Value', 'Size'],
  MemoryInit: ['Dest', 'Offset', 'Size'],
  RefIsNull: ['Value'],
  SIMDExtract: ['Vec'],
  SIMDReplace: ['Vec', 'Value'],
  SIMDShuffle: ['Left', 'Right'],
  SIMDTernary: ['A', 'B', 'C'],
  SIMDShift: ['Vec', 'Shift'],
  SIMDLoad: ['Ptr'],
  SIMDLoadStoreLane: ['Ptr', 'Vec'],
};

/**
 * Kinds with any number of children: the names of a child and of their count, and a last single
 * child.
 */
const LISTS: Record<string, { item: string; count: string; last?: string }> = {
  Block: { item: 'Child', count: 'NumChildren' },
  Call: { item: 'Operand', count: 'NumOperands' },
  CallIndirect: { item: 'Operand', count: 'NumOperands', last: 'Target' },
};

type Accessors = Record<string, (...values: number[]) => number>;

/** Makes the reader of children for a Binaryen. */
export function createExpressionChildren(
  binaryen: Record<string, unknown> & { getExpressionId(expression: number): number },
): ExpressionChildren {
  const byKind = new Map<number, (expression: number) => ChildPlace[]>();
  const single = (kind: string, name: string): ChildPlace => {
    const accessors = binaryen[kind] as Accessors;
    const [get, set] = [accessors[`get${name}`], accessors[`set${name}`]];
    if (get === undefined || set === undefined) throw new Error(`Binaryen has no ${kind}.${name}`);
    return { get: (expression) => get(expression), set: (expression, child) => set(expression, child) };
  };
  for (const [kind, names] of Object.entries(CHILDREN)) {
    const places = names.map((name) => single(kind, name));
    byKind.set(binaryen[`${kind}Id`] as number, () => places);
  }
  for (const [kind, { item, count, last }] of Object.entries(LISTS)) {
    const accessors = binaryen[kind] as Accessors;
    const [length, get, set] = [accessors[`get${count}`], accessors[`get${item}At`], accessors[`set${item}At`]];
    if (length === undefined || get === undefined || set === undefined) throw new Error(`Binaryen has no ${kind}`);
    const end = last === undefined ? [] : [single(kind, last)];
    byKind.set(binaryen[`${kind}Id`] as number, (expression) => [
      ...Array.from({ length: length(expression) }, (_, index) => ({
        get: () => get(expression, index),
        set: (_: number, child: number) => set(expression, index, child),
      })),
      ...end,
    ]);
  }
  return (expression) => byKind.get(binaryen.getExpressionId(expression))?.(expression) ?? null;
}
