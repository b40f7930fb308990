/**
 * The parts of AssemblyScript's syntax tree that can have decorators (assemblyscript/src/ast.ts).
 */
export interface DecoratedNode {
  decorators?: DecoratorNode[] | null;
  /** Members of a class, an interface or a namespace. */
  members?: DecoratedNode[];
  /** Declarations of `let` and `const`. An import has them too, without decorators. */
  declarations?: DecoratedNode[] | null;
  /** The declaration of `export default`. */
  declaration?: DecoratedNode;
}

interface DecoratorNode {
  decoratorKind: number;
  name: { range: { start: number; end: number } };
}

/** A decorator in a source. Its place has the `@`, its name has not. */
export interface CustomDecorator {
  path: string;
  name: string;
  start: number;
  end: number;
}

/**
 * Lists the decorators that AssemblyScript does not know. It parses them and leaves them to a
 * transform.
 *
 * @param customKind the compiler's kind of such a decorator
 */
export function customDecorators(
  { path, text, statements }: { path: string; text: string; statements: readonly DecoratedNode[] },
  customKind: number,
): CustomDecorator[] {
  const found = new Map<number, CustomDecorator>();
  const waiting = [...statements];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    for (const { decoratorKind, name } of node.decorators ?? []) {
      const { start, end } = name.range;
      // A statement and its declarations share their decorators.
      if (decoratorKind === customKind)
        found.set(start, { path, name: text.slice(start, end).replace(/^@/, ''), start, end });
    }
    for (const child of [node.members, node.declarations, node.declaration])
      if (child != null) waiting.push(...[child].flat());
  }
  return [...found.values()].sort((left, right) => left.start - right.start);
}
