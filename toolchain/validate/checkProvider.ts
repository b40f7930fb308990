/**
 * Checks whether the providers that a program can reach would give its tasklets the resources they
 * ask for. It reads files alone, and never asks the network.
 */
import { join } from 'node:path';
import type { DevState } from '../../daemons/wire/devState.ts';
import { formatSize, sizeText } from '../../program/size.ts';
import { textLines } from '../../program/textLines.ts';
import type { WasmModule } from '../../wasm/read/wasmModule.ts';
import { findProgramState } from '../stack/programState.ts';
import { jsonFault } from './checkFixtures.ts';
import { FILE_START, type Finding, finding } from './finding.ts';
import type { ProgramFiles } from './programFiles.ts';
import type { TaskletContext } from './taskletContext.ts';

/** The pool of `grafos dev up` without `--mem-capacity`. */
export const LOCAL_POOL_BYTES = 128 * 1024;

export interface LocalPool {
  bytes: number;
  /** A stack says so, or it is the default. */
  running: boolean;
}

export function localPool(root: string): LocalPool {
  try {
    const text = findProgramState(root, 'dev')?.readText('dev.json');
    const state: Partial<DevState> = JSON.parse(text ?? '');
    const capacity = state.fabric?.mem_capacity;
    if (typeof capacity === 'number' && capacity > 0) return { bytes: capacity, running: true };
  } catch {
    // A broken dev.json is `grafos dev doctor`'s to report.
  }
  return { bytes: LOCAL_POOL_BYTES, running: false };
}

export function checkProvider(context: TaskletContext, pool: LocalPool, module: WasmModule | null): void {
  const { tasklet, manifestPath } = context;
  if (tasklet.mem_bytes > pool.bytes) {
    const whose = pool.running ? 'the local stack has' : 'the local stack has, unless told otherwise,';
    context.report(
      'GRF5001',
      manifestPath,
      context.rangeOf('mem'),
      `"${tasklet.name}" leases ${formatSize(tasklet.mem_bytes)} of fabric memory, and ${whose} ${formatSize(pool.bytes)}: a local deploy is refused. Lease less, or start the stack with \`grafos dev up --mem-capacity ${sizeText(tasklet.mem_bytes)}\`.`,
    );
  }
  if (tasklet.requires.gpu > 0) {
    context.report(
      'GRF5002',
      manifestPath,
      context.rangeOf('gpu'),
      `"${tasklet.name}" asks for ${tasklet.requires.gpu === 1 ? 'a GPU' : `${tasklet.requires.gpu} GPUs`}, and the local stack is CPU and memory only. A local run goes without; deploy to a provider whose cells have one.`,
    );
  }
  if (module === null) return;
  const uses = (name: string) => module.imports.some((one) => one.module === name);
  if (tasklet.mem_bytes === 0 && uses('fabricbios_fbmu_v0')) {
    const edit = context.setKey('mem', '"32KiB"');
    context.report(
      'GRF5003',
      manifestPath,
      context.rangeOf('mem'),
      `"${tasklet.name}" reads or writes fabric memory, and mem is 0: a deploy without --mem gives it no lease, and each access fails. Say how much it needs with mem.`,
      edit === null ? undefined : { title: 'Lease 32 KiB', edits: [edit] },
    );
  }
  if (uses('fabricbios_fbbu_v0')) {
    context.report(
      'GRF5004',
      manifestPath,
      context.rangeOf('name'),
      `"${tasklet.name}" uses the block unit, which the local stack does not have: each call answers Unsupported (-5) there. Deploy it to a cell that has one.`,
    );
  }
}

const CELL_KEYS = ['scheduler_url', 'tenant_name', 'ca_cert', 'tenant_cert', 'tenant_key'];

function cellsFolder(root: string): string | undefined {
  try {
    return findProgramState(root, 'cloud')?.path;
  } catch {
    // A folder that is not safe to use is said by the command that would use it.
    return undefined;
  }
}

/** `.grafos/cloud/<provider>-cells.json`: what a deploy to a cloud reads first. */
export function checkCells(root: string, files: ProgramFiles): Finding[] {
  const findings: Finding[] = [];
  const folder = cellsFolder(root);
  if (folder === undefined) return findings;
  const listed = files.list(folder);
  for (const name of listed.state === 'ok' ? listed.names : []) {
    const provider = /^([a-z]+)-cells\.json$/.exec(name)?.[1];
    if (provider === undefined) continue;
    const path = join(folder, name);
    const read = files.text(path, 'state');
    if (read.state !== 'ok') continue;
    const redo = `Make it again with \`grafos cloud adopt ${provider}\`.`;
    const fault = jsonFault(read.text);
    if (fault !== null) {
      const lines = textLines(read.text);
      findings.push(
        finding(
          'GRF5005',
          path,
          lines.rangeOf({ start: fault.at, end: Math.min(fault.at + 1, read.text.length) }),
          `${name} is not valid JSON (${fault.what}), so nothing can be deployed to ${provider}. ${redo}`,
        ),
      );
      continue;
    }
    const cells: unknown = JSON.parse(read.text);
    const what = !Array.isArray(cells)
      ? 'is no list of cells'
      : cells
          .flatMap((cell: unknown) =>
            CELL_KEYS.filter(
              (key) => typeof cell !== 'object' || cell === null || typeof Reflect.get(cell, key) !== 'string',
            ),
          )
          .map((key) => `has a cell without "${key}"`)[0];
    if (what !== undefined)
      findings.push(
        finding('GRF5005', path, FILE_START, `${name} ${what}, so nothing can be deployed to ${provider}. ${redo}`),
      );
  }
  return findings;
}
