import { join, relative, sep } from 'node:path';
import {
  isBinaryExpression,
  isCallExpression,
  isClassDeclaration,
  isIdentifier,
  isInterfaceDeclaration,
  isObjectBindingPattern,
  isPropertyAccessExpression,
  isSpreadAssignment,
  type Node,
  SyntaxKind,
} from 'typescript/unstable/ast';
import { API, type Symbol as CheckedSymbol, type Checker } from 'typescript/unstable/sync';

const METHODS: ReadonlySet<SyntaxKind> = new Set([SyntaxKind.MethodDeclaration, SyntaxKind.MethodSignature]);

/**
 * Finds methods of classes that are taken off their object: read without being called, taken out by
 * a pattern, or left behind by a spread. Called later, they have no `this`.
 *
 * An interface counts as a class where a class implements it.
 *
 * @param root folder with a tsconfig.json
 * @param isOwn tells the files to look at, by their path from `root` with slashes
 * @returns `file:line Class.method`
 */
export function looseMethods(root: string, isOwn: (file: string) => boolean): string[] {
  const api = new API({ cwd: root });
  try {
    const [project] = api.updateSnapshot({ openProjects: [join(root, 'tsconfig.json')] }).getProjects();
    if (project === undefined) throw new Error(`${root} has no project`);
    const { program, checker } = project;
    const sources = program.getSourceFileNames().flatMap((path) => {
      const file = relative(root, path).split(sep).join('/');
      const source = isOwn(file) && !file.endsWith('.d.ts') ? program.getSourceFile(path) : undefined;
      return source === undefined ? [] : [{ file, source }];
    });
    const classes = new Set(sources.flatMap(({ source }) => classesOf(source, checker)));
    return sources.flatMap(({ file, source }) =>
      looseIn(source, checker, classes).map(({ node, name }) => {
        const line = source.text.slice(0, node.end).split('\n').length;
        return `${file}:${line} ${name}`;
      }),
    );
  } finally {
    api.close();
  }
}

/** The classes of a file, and the interfaces that they implement. */
function classesOf(source: Node, checker: Checker): string[] {
  const found: string[] = [];
  const add = (symbol: CheckedSymbol | undefined): void => {
    const [declaration] = symbol?.declarations ?? [];
    if (symbol !== undefined && declaration !== undefined) found.push(`${declaration.path} ${symbol.name}`);
  };
  const visit = (node: Node): void => {
    if (isClassDeclaration(node)) {
      if (node.name !== undefined) add(checker.getSymbolAtLocation(node.name));
      for (const clause of node.heritageClauses ?? []) {
        if (clause.token !== SyntaxKind.ImplementsKeyword) continue;
        for (const type of clause.types) add(checker.getTypeAtLocation(type)?.getSymbol());
      }
    }
    node.forEachChild(visit);
  };
  visit(source);
  return found;
}

function looseIn(source: Node, checker: Checker, classes: ReadonlySet<string>): Array<{ node: Node; name: string }> {
  const found: Array<{ node: Node; name: string }> = [];
  const note = (node: Node, symbol: CheckedSymbol | undefined): void => {
    // A property of a mapped type, such as Pick, has the declaration that it was made from.
    const [declaration] = symbol?.declarations ?? [];
    if (symbol === undefined || declaration === undefined || !METHODS.has(declaration.kind)) return;
    const owner = declaration.resolve()?.parent;
    if (owner === undefined || !(isClassDeclaration(owner) || isInterfaceDeclaration(owner))) return;
    const name = owner.name?.text;
    if (classes.has(`${declaration.path} ${name}`)) found.push({ node, name: `${name}.${symbol.name}` });
  };
  const visit = (node: Node): void => {
    if (isPropertyAccessExpression(node) && !isUsedAtItsObject(node))
      note(node, checker.getSymbolAtLocation(node.name));
    if (isObjectBindingPattern(node)) {
      const type = checker.getTypeAtLocation(node);
      for (const element of node.elements) {
        const name = element.propertyName ?? element.name;
        if (type !== undefined && name !== undefined && isIdentifier(name))
          note(element, checker.getPropertyOfType(type, name.text));
      }
    }
    if (isSpreadAssignment(node)) {
      const type = checker.getTypeAtLocation(node.expression);
      for (const property of type === undefined ? [] : checker.getPropertiesOfType(type)) note(node, property);
    }
    node.forEachChild(visit);
  };
  visit(source);
  return found;
}

/** True where the property is called, bound, assigned or compared where it is read. */
function isUsedAtItsObject(node: Node): boolean {
  const { parent } = node;
  if (isCallExpression(parent)) return parent.expression === node;
  if (isPropertyAccessExpression(parent)) return true;
  return isBinaryExpression(parent) && parent.left === node;
}
