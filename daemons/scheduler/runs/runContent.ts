/**
 * The content of an ended run in the store, with its bytes. Short ones come from the row at once,
 * long ones from the file in pieces.
 */
import { createHash } from 'node:crypto';
import type { ArtifactEntry, ArtifactName, Run } from '../../wire/tenantApi.ts';
import type { BulkThread } from '../bulk/bulkThread.ts';
import { IN_ROW_BYTES, type RunFiles, type RunPart } from '../store/runFiles.ts';
import type { RunTable, StoredRun } from '../store/runTable.ts';
import { jsonAround, PLACEHOLDER } from './jsonAround.ts';
import { outputJson } from './outputJson.ts';
import { renderRecord, renderResponse, renderRun } from './renderRun.ts';

/** A value, or its JSON in pieces. */
export type ShownRun = { json: Run } | { pieces: Iterable<Uint8Array> };

export type Content = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

export interface RunContent {
  /**
   * A run with its output, once it ended.
   * @param output when it is at hand
   * @throws {RefusedError} not_found when the run has left the store meanwhile
   */
  shown(run: StoredRun, output?: Uint8Array): Promise<ShownRun>;
  /** Null while the run has not made it yet. */
  artifact(name: ArtifactName, run: StoredRun): Promise<Content | null>;
}

interface RunContentParts {
  runs: Pick<RunTable, 'bytes'>;
  files: Pick<RunFiles, 'path' | 'pieces'>;
  bulk: Pick<BulkThread, 'jsonLine'>;
}

export function createRunContent(parts: RunContentParts): RunContent {
  const { runs, files, bulk } = parts;

  /** The output as JSON, or {@link PLACEHOLDER} together with the text for its place. */
  const outputOf = async (run: StoredRun, known?: Uint8Array): Promise<{ value: unknown; text: Uint8Array | null }> => {
    if (run.ended_at === null) return { value: null, text: null };
    const isShort = known !== undefined && known.length <= IN_ROW_BYTES;
    const output = isShort ? known : runs.bytes(run).output;
    if (output !== null) return { value: outputJson(output) ?? null, text: null };
    const text = await bulk.jsonLine(files.path(run.run_id, 'output'));
    return { value: text === null ? null : PLACEHOLDER, text };
  };

  const raw = (run: StoredRun, part: RunPart): Content => {
    const bytes = runs.bytes(run)[part];
    return bytes === null ? files.pieces(run.run_id, part) : [bytes];
  };

  return {
    shown: async (run, output) => {
      const { value, text } = await outputOf(run, output);
      const json = renderRun(run, value);
      return text === null ? { json } : { pieces: jsonAround(json, text) };
    },
    artifact: async (name, run) => {
      if (name === 'input.bin') return raw(run, 'input');
      if (name === 'run.json') return [jsonFile(renderRecord(run))];
      if (run.ended_at === null) return null;
      switch (name) {
        case 'response.json': {
          const { value, text } = await outputOf(run);
          const response = renderResponse(run, value);
          return text === null ? [jsonFile(response)] : line(jsonAround(response, text, INDENT));
        }
        case 'output.b64':
          return base64(raw(run, 'output'));
        case 'run.log':
          return [Buffer.from(runs.bytes(run).log ?? '')];
      }
    },
  };
}

export async function artifactEntry(name: ArtifactName, content: Content): Promise<ArtifactEntry> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const piece of content) {
    hash.update(piece);
    size += piece.length;
  }
  return { name, size, sha256: hash.digest('hex') };
}

const INDENT = 2;

function jsonFile(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, INDENT)}\n`);
}

function* line(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  yield* pieces;
  yield Buffer.from('\n');
}

async function* base64(content: Content): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = Buffer.alloc(0);
  for await (const piece of content) {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    const whole = bytes.length - (bytes.length % 3);
    yield Buffer.from(text(bytes.subarray(0, whole)));
    rest = bytes.subarray(whole);
  }
  yield Buffer.from(text(rest));
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
