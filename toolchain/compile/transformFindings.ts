import { didYouMean } from '../../program/didYouMean.ts';
import type { TextLines } from '../../program/textLines.ts';
import { FILE_START, type Finding, finding } from '../validate/finding.ts';
import { scriptOutline } from '../validate/scriptOutline.ts';
import type { CustomDecorator } from './customDecorators.ts';

/** The files of a compile, as the compiler saw them. */
export interface TransformFiles {
  /** The file behind a compiler path; null where it is of the language or of grafos-std. */
  at(path: string): { file: string; text: string } | null;
  /** The files of the program itself. */
  own(): Array<{ file: string; text: string }>;
  linesOf(file: { file: string; text: string }): TextLines;
  /** Packages that bring a transform, with the place of the transform in each. */
  transforms(): Map<string, string>;
}

/**
 * Decorators of AssemblyScript that a tasklet may use (assemblyscript/src/ast.ts, `DecoratorKind`).
 */
const DECORATORS = ['external', 'final', 'global', 'inline', 'lazy', 'operator', 'unmanaged', 'unsafe'];
const PACKAGE = /^~lib\/((?:@[^/]+\/)?[^/]+)\//;

/**
 * Reports what only a transform of the compiler makes work: GRF2112 for decorators of the program's
 * files, each name once a file, and GRF2113 for packages.
 *
 * A build runs no transform, and the compiler leaves unknown decorators out in silence.
 *
 * @param source absolute path of the tasklet's source
 */
export function transformFindings(
  decorators: readonly CustomDecorator[],
  files: TransformFiles,
  source: string,
): Finding[] {
  const transforms = files.transforms();
  const findings: Finding[] = [];
  const seen = new Set<string>();
  const needy = new Map(
    [...transforms].map(([name, place]) => [name, `brings a transform of the compiler (${place})`]),
  );
  for (const { path, name, start, end } of decorators) {
    const file = files.at(path);
    const key = `${path} ${name}`;
    if (file === null || seen.has(key)) continue;
    seen.add(key);
    const [, packaged] = PACKAGE.exec(path) ?? [];
    if (packaged !== undefined) {
      if (!needy.has(packaged))
        needy.set(packaged, `has the decorator @${name}, which is for a transform of the compiler`);
      continue;
    }
    const lines = files.linesOf(file);
    const range = lines.rangeOf({ start, end });
    const near = didYouMean(name, DECORATORS);
    findings.push(
      finding(
        'GRF2112',
        file.file,
        range,
        `@${name} is no decorator of AssemblyScript, so the compiler leaves it out. It is for a transform of the compiler, and a build runs none. ${advice(near, [...transforms.keys()])}`,
        near === null ? undefined : { title: `Change to @${near}`, edits: [{ range, newText: `@${near}` }] },
      ),
    );
  }
  for (const [name, why] of needy) findings.push(packageFinding(name, why, files, source));
  return findings;
}

function advice(near: string | null, packages: readonly string[]): string {
  if (near !== null) return `Did you mean @${near}?`;
  const [name] = packages;
  const whose = name === undefined ? '' : `${name} has such a transform. `;
  return `${whose}Remove the decorator, and use what needs none: Json of grafos-std reads and writes JSON.`;
}

/** Places the finding at the program's import of the package, where it has one. */
function packageFinding(name: string, why: string, files: TransformFiles, source: string): Finding {
  const message = `The package "${name}" ${why}, and a build runs none. Parts of the package may not compile, or trap in a run. Use a package without a transform: for JSON, Json of grafos-std.`;
  for (const file of files.own()) {
    for (const { from, fromToken } of scriptOutline(file.text).imports) {
      if (from === name || from.startsWith(`${name}/`))
        return finding('GRF2113', file.file, files.linesOf(file).rangeOf(fromToken), message);
    }
  }
  return finding('GRF2113', source, FILE_START, message);
}
