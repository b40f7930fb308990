import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { packageRoot } from '../../base/packageRoot.ts';

const page = readFileSync(join(packageRoot, 'docs', 'internals', 'dependencies.md'), 'utf8');
const manifest = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));

/** The first cells of the rows of the table under a heading. */
function firstCells(heading: string): string[] {
  const part = page.split(/^## /m).find((each) => each.startsWith(heading));
  assert.ok(part, heading);
  return [...part.matchAll(/^\| (?!-)(.+?) \|/gm)].map(([, cell = '']) => cell).slice(1);
}

describe('docs/internals/dependencies.md', () => {
  const rows = [...firstCells('What ships'), ...firstCells('What builds and tests')].map((cell) => {
    assert.match(cell, /^`[^`]+`$/);
    return cell.slice(1, -1);
  });

  it('has a row for each dependency of package.json, and for nothing else', () => {
    const { dependencies, optionalDependencies, devDependencies } = manifest;
    const wanted = Object.keys({ ...dependencies, ...optionalDependencies, ...devDependencies });
    assert.ok(wanted.length > 20, `${wanted.length} dependencies`);
    assert.deepEqual([...rows].sort(), wanted.sort());
  });

  it('names as shipped what the build puts into the bundles or beside them', () => {
    const shipped = new Set(
      JSON.parse(readFileSync(join(packageRoot, 'dist', 'third-party.json'), 'utf8')).map(
        ({ name }: { name: string }) => name,
      ),
    );
    const own = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
    const wanted = rows.filter((name) => shipped.has(name) || own.includes(name));
    assert.deepEqual(
      firstCells('What ships')
        .map((cell) => cell.slice(1, -1))
        .sort(),
      wanted.sort(),
    );
  });

  it('names files and folders that there are', () => {
    const cells = firstCells('Written by hand').flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)]);
    const rooms = '{base,cli,daemons,extension,language-server,program,toolchain,wasm}/**/*.ts';
    const files = globSync(rooms, { cwd: packageRoot }).map((file) => file.replaceAll('\\', '/'));
    assert.ok(cells.length > 10);
    for (const [, name = ''] of cells) {
      const isThere = name.endsWith('/')
        ? files.some((file) => file.startsWith(name))
        : files.some((file) => basename(file) === name);
      assert.ok(isThere, name);
    }
  });
});
