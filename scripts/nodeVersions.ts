/**
 * `node scripts/nodeVersions.ts [NODE...]`: the same runs on several Node versions; without arguments on 22, 24 and 26 from npm, which are
 * installed into the bench's cache folder. Exit code 1 when any output, fuel, error, log or memory peak differs.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const VERSIONS = ['22.23.3', '24.21.0', '26.10.0'];

const given = process.argv.slice(2);
const nodes = given.length > 0 ? given : installNodes();
const child = join(import.meta.dirname, '../test/helpers/sameRuns.ts');
const answers = nodes.map((node) => {
  const output = execFileSync(node, ['--disable-warning=ExperimentalWarning', child], {
    encoding: 'utf8',
    maxBuffer: 1e8,
  });
  const [version = '', ...runs] = output.trim().split('\n');
  console.log(`${version}: ${runs.length} runs`);
  return { version, runs };
});
const [first, ...others] = answers;
let differences = 0;
for (const { version, runs } of others) {
  for (let i = 0; i < Math.max(runs.length, first?.runs.length ?? 0); i++) {
    if (runs[i] === first?.runs[i]) continue;
    differences++;
    console.log(`DIFFERS\n  ${first?.version}: ${first?.runs[i]}\n  ${version}: ${runs[i]}`);
  }
}
console.log(`${differences} differences`);
process.exitCode = differences === 0 ? 0 : 1;

/** The packages that hold nothing but the program: no install script runs. */
function installNodes(): string[] {
  const platform = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'grafos-bench-nodes');
  const name = (version: string) => `node${version.split('.')[0]}`;
  const dependencies = Object.fromEntries(VERSIONS.map((one) => [name(one), `npm:node-${platform}@${one}`]));
  const program = process.platform === 'win32' ? 'node.exe' : 'node';
  const nodes = VERSIONS.map((one) => join(folder, 'node_modules', name(one), 'bin', program));
  if (!nodes.every((one) => existsSync(one))) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
    execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: folder,
      stdio: 'inherit',
      shell: process.platform === 'win32',
    });
  }
  return nodes;
}
