import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import {
  isArrayLiteralExpression,
  isAsExpression,
  isClassDeclaration,
  isIdentifier,
  isNewExpression,
  isObjectLiteralExpression,
  isPropertyAssignment,
  isStringLiteral,
  type NewExpression,
  type Node,
  type ObjectLiteralExpression,
  type StringLiteral,
} from 'typescript/unstable/ast';
import { API, type Checker, type Type } from 'typescript/unstable/sync';
import { BETWEEN_DAEMONS, ERRORS, type ErrorCode, isErrorCode, kindsOf, OF_CLOUDS } from '../../base/errorCodes.ts';
import { packageRoot } from '../../base/packageRoot.ts';

const ROOMS = [
  'base',
  'cli',
  'daemons',
  'extension',
  'language-server',
  'program',
  'toolchain',
  'typescript-plugin',
  'wasm',
];
const CODES = new Set(Object.values(ERRORS).flatMap((meanings) => Object.keys(meanings)));

interface Place {
  file: string;
  line: number;
}

/** The facts about errors that the sources of the product hold. */
interface Sources {
  /** Codes that are an argument, a property or a result where an error code is expected. */
  used: Set<string>;
  /** Errors that are made with a literal code, and the kinds they are given. */
  made: Array<{ codes: string[]; kinds: string[] | undefined; at: Place }>;
  /** Texts that are declared to be error codes, and so are not checked by the compiler. */
  asserted: Place[];
  /** Names of classes that are errors. */
  classes: string[];
}

describe('error codes', function () {
  this.timeout(120_000);
  let sources: Sources;

  before(() => {
    const api = new API({ cwd: packageRoot });
    try {
      sources = readSources(api);
    } finally {
      api.close();
    }
  });

  it('are used by the product, each of them', () => {
    // The file that finds a Node is older JavaScript, which no compiler checks.
    const first = readFileSync(join(packageRoot, 'bin/grafos.cjs'), 'utf8');
    const said = [...first.matchAll(/\bcode: '([a-z_]+)'/g)].map(([, code = '']) => code);
    assert.ok(said.includes('node_too_old'), said.join());
    for (const code of said) {
      assert.ok(isErrorCode(code), code);
      sources.used.add(code);
    }
    const unused = [...CODES].filter((code) => !sources.used.has(code) && !OF_CLOUDS.has(code as ErrorCode));
    assert.deepEqual(unused, []);
  });

  it('of clouds are not thrown here', () => {
    assert.deepEqual(
      [...OF_CLOUDS].filter((code) => sources.used.has(code)),
      [],
    );
  });

  it('are in the catalogue, because the compiler checks each of them', () => {
    assert.ok(sources.made.length > 200, `${sources.made.length} errors are made`);
    assert.deepEqual(sources.asserted, []);
  });

  it('have the kind of the catalogue, and name one of their two', () => {
    const wrong = sources.made.filter(({ codes, kinds }) =>
      codes.some((code) => {
        const known = kindsOf(code);
        return kinds === undefined ? known.length > 1 : kinds.some((kind) => !known.some((each) => each === kind));
      }),
    );
    assert.deepEqual(wrong, []);
  });

  it('between daemons are codes of the catalogue that no command reports', () => {
    assert.deepEqual(
      [...BETWEEN_DAEMONS].filter((code) => !isErrorCode(code)),
      [],
    );
  });

  it('have a meaning of their own, in one sentence', () => {
    const meanings = Object.values(ERRORS).flatMap((each) => Object.values(each));
    assert.deepEqual(
      meanings.filter((meaning) => !/^[`A-Z].{10,90}\.$/.test(meaning)),
      [],
    );
    assert.equal(new Set(meanings).size, meanings.length);
  });

  it('come in classes whose names end in Error', () => {
    assert.ok(sources.classes.includes('GrafosError') && sources.classes.length > 15, sources.classes.join());
    assert.deepEqual(
      sources.classes.filter((name) => !name.endsWith('Error')),
      [],
    );
  });
});

function readSources(api: API): Sources {
  const found: Sources = { used: new Set(), made: [], asserted: [], classes: [] };
  const [project] = api.updateSnapshot({ openProjects: [join(packageRoot, 'tsconfig.json')] }).getProjects();
  assert.ok(project);
  const { program, checker } = project;
  for (const path of program.getSourceFileNames()) {
    const file = relative(packageRoot, path).split(sep).join('/');
    if (!ROOMS.includes(file.split('/')[0] ?? '') || file.endsWith('.d.ts')) continue;
    const source = program.getSourceFile(path);
    assert.ok(source);
    const at = (node: Node): Place => ({ file, line: source.text.slice(0, node.end).split('\n').length });
    const visit = (node: Node): void => {
      if (isClassDeclaration(node) && node.name !== undefined) {
        const symbol = checker.getSymbolAtLocation(node.name);
        if (symbol !== undefined && extendsError(checker.getDeclaredTypeOfSymbol(symbol), checker))
          found.classes.push(node.name.text);
      }
      if (isNewExpression(node)) readError(node, checker, found, at);
      if (isAsExpression(node) && checker.typeToString(typeOf(checker, node)) === 'ErrorCode')
        found.asserted.push(at(node));
      if (isStringLiteral(node) && CODES.has(node.text) && isExpectedCode(node, checker)) found.used.add(node.text);
      node.forEachChild(visit);
    };
    visit(source);
  }
  return found;
}

/** Reads an expression that makes an error, and the class that it names. */
function readError(node: NewExpression, checker: Checker, found: Sources, at: (node: Node) => Place): void {
  const type = typeOf(checker, node);
  if (!extendsError(type, checker)) return;
  const index = parameterOfCode(node, checker);
  const code = node.arguments?.[index];
  if (code === undefined) return;
  const codes = textsOf(typeOf(checker, code));
  // An error that came from another process has nearly any code, and the kind that it had there.
  if (codes.length > CODES.size / 2) return;
  const last = node.arguments?.at(-1);
  const given = last !== undefined && isObjectLiteralExpression(last) ? kindIn(last, checker) : undefined;
  found.made.push({ codes, kinds: given, at: at(node) });
}

function kindIn(literal: ObjectLiteralExpression, checker: Checker): string[] | undefined {
  const property = literal.properties.find(
    (each) => isPropertyAssignment(each) && isIdentifier(each.name) && each.name.text === 'kind',
  );
  return property === undefined || !isPropertyAssignment(property)
    ? undefined
    : textsOf(typeOf(checker, property.initializer));
}

/** The index of the parameter that takes an error code, or -1. */
function parameterOfCode(node: NewExpression, checker: Checker): number {
  const parameters = checker.getResolvedSignature(node)?.getParameters() ?? [];
  return parameters.findIndex((parameter) => {
    const type = checker.getTypeOfSymbol(parameter);
    return type !== undefined && areCodes(textsOf(type));
  });
}

/** True where the text is a value that must be an error code, and no entry of a list of codes. */
function isExpectedCode(node: StringLiteral, checker: Checker): boolean {
  if (isArrayLiteralExpression(node.parent)) return false;
  if (isPropertyAssignment(node.parent) && node.parent.name === node) return false;
  const type = checker.getContextualType(node);
  return type !== undefined && areCodes(textsOf(type));
}

function areCodes(texts: readonly string[]): boolean {
  return texts.length > 0 && texts.every((text) => CODES.has(text));
}

/** The texts that a value of the type can be; none where it can be anything else too. */
function textsOf(type: Type): string[] {
  const types = type.isUnionType() ? type.getTypes() : [type];
  const texts = types.flatMap((each) => (each.isStringLiteralType() ? [each.value] : []));
  return texts.length === types.length ? texts : [];
}

function extendsError(type: Type, checker: Checker): boolean {
  if (type.getSymbol()?.name === 'Error') return true;
  return type.isClassOrInterface() && checker.getBaseTypes(type).some((base) => extendsError(base, checker));
}

function typeOf(checker: Checker, node: Node): Type {
  const type = checker.getTypeAtLocation(node);
  assert.ok(type);
  return type;
}
