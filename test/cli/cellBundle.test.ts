import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { gunzipSync } from 'node:zlib';
import { BUNDLE_PARTS, BUNDLE_TARGETS, type BundleTarget } from '../../toolchain/cell/bundle/bundleParts.ts';
import { MANIFEST, type MadeBundle } from '../../toolchain/cell/bundle/makeBundle.ts';
import { readTar } from '../../toolchain/cell/bundle/tarArchive.ts';
import { freePorts } from '../helpers/freePorts.ts';
import { grafosJson } from '../helpers/grafosCommand.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';

const HOST = '127.0.0.1';
/** Numbers of processors in the header of an ELF file (`e_machine` of elf.h). */
const MACHINES: Record<BundleTarget, number> = { 'linux-x64': 0x3e, 'linux-arm64': 0xb7 };
const ELF = Buffer.from('\x7fELF', 'latin1');
/** First bytes of programs and libraries of other systems: Mach-O of either order, fat, and PE. */
const OTHERS = ['cffaedfe', 'feedfacf', 'cafebabe', '4d5a'];

describe('grafos cell bundle', function () {
  // npm brings Node for each target.
  this.timeout(240_000);

  for (const target of BUNDLE_TARGETS) {
    it(`has for ${target} machine code of that processor and no other, and names it in its manifest`, async () => {
      await using folder = await temporaryFolder('grafos-bundle-');
      const cwd = folder.path;
      const made = await grafosJson<MadeBundle>(['cell', 'bundle', '--target', target, '--out', '.'], { cwd });
      assert.equal(made.target, target);
      const verified = await grafosJson<{ target: string; files: number }>(['cell', 'bundle', '--verify', made.file], {
        cwd,
      });
      const files = new Map<string, Buffer>();
      for (const { path, bytes } of readTar(gunzipSync(await readFile(made.file))))
        files.set(path.slice(path.indexOf('/') + 1), Buffer.from(bytes));
      assert.deepEqual([verified.target, verified.files], [target, files.size - 1]);
      assert.deepEqual(machinesIn(files), expectedMachines(target));
      const manifest = files.get(MANIFEST)?.toString('utf8') ?? '';
      for (const path of Object.keys(expectedMachines(target))) {
        const hash = createHash('sha256')
          .update(files.get(path) ?? '')
          .digest('hex');
        assert.ok(manifest.includes(`${hash}  ${path}\n`), path);
      }
    });
  }

  // As one for linux-arm64 is, whose registry has none.
  it('runs a cell over TCP without the native half of QUIC, and says why once', async function () {
    if (process.platform !== 'linux' || process.arch !== 'x64') this.skip();
    await using folder = await temporaryFolder('grafos-bundle-');
    const cwd = folder.path;
    const { file } = await grafosJson<MadeBundle>(['cell', 'bundle', '--target', 'linux-x64', '--out', '.'], { cwd });
    execFileSync('tar', ['--extract', '--gzip', '--strip-components=1', '--file', file], { cwd });
    await rm(join(cwd, 'node_modules'), { recursive: true });
    const run = (...words: string[]) => execFileSync(join(cwd, 'bin/grafos'), words, { cwd });
    run('admin', 'init-ca', '--out', 'ca');
    const where = ['--cell-id', 'bare', '--provider', 'aws', '--region', 'eu-1', '--host', HOST, '--listen', HOST];
    const [port, memory, control] = await freePorts(HOST, 3);
    const ports = ['--port', port, '--memory-port', memory, '--control-port', control].map(String);
    run(...['cell', 'init', '--state', 'state', ...where, ...ports, '--ca', 'ca/ca.pem', '--ca-key', 'ca/ca-key.pem']);
    const child = spawn(join(cwd, 'bin/grafos'), ['cell', 'run', '--state', 'state', '--json'], {
      cwd,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines: string[] = [];
    try {
      for await (const line of createInterface(child.stdout)) {
        lines.push(line);
        if (line.includes('bare runs')) break;
      }
      assert.match(lines.at(-1) ?? '', /bare runs/, lines.join('\n'));
      assert.equal(lines.filter((line) => /connected to cell bare over tcp/.test(line)).length, 1, lines.join('\n'));
      const warnings = lines.filter((line) => /"level":"warn"/.test(line));
      assert.equal(warnings.length, 1, lines.join('\n'));
      assert.match(warnings[0] ?? '', /QUIC does not load here/);
    } finally {
      const ended = once(child, 'exit');
      child.stdout.resume();
      child.kill('SIGTERM');
      await ended;
    }
  });
});

/** The processor of each file with machine code, by its path. */
function machinesIn(files: ReadonlyMap<string, Buffer>): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [path, bytes] of files) {
    const isElf = bytes.subarray(0, ELF.length).equals(ELF);
    // 64 bits, and the least significant byte first: the number is where elf.h has it.
    if (isElf) assert.deepEqual([bytes[4], bytes[5]], [2, 1], path);
    if (isElf) found[path] = bytes.readUInt16LE(18);
    assert.ok(!OTHERS.some((start) => bytes.subarray(0, start.length / 2).equals(Buffer.from(start, 'hex'))), path);
    assert.ok(isElf || !/\.(?:node|so)$|\/bin\/node$/.test(path), `${path} has no machine code`);
  }
  return found;
}

/** Node, and the native half of each package that has one. */
function expectedMachines(target: BundleTarget): Record<string, number> {
  const paths = BUNDLE_PARTS[target].flatMap(({ into, files }) =>
    files.filter((file) => /\.node$|^bin\/node$/.test(file)).map((file) => `${into}/${file}`),
  );
  assert.ok(paths.includes('node/bin/node'));
  return Object.fromEntries(paths.map((path) => [path, MACHINES[target]]));
}
