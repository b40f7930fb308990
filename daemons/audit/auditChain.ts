import { createHash } from 'node:crypto';
import { FIRST_PREV } from './auditFiles.ts';

export type AuditProblem = 'not_json' | 'chain_broken' | 'seq_broken' | 'unfinished_line';

export interface ChainEnd {
  seq: number;
  sha256: string;
}

/**
 * Follows the chain of audit records, line by line. Each record has the SHA-256 of the line before.
 */
export class AuditChain {
  #end: ChainEnd | undefined;

  /** Where the chain is; undefined before the first line. */
  get end(): ChainEnd | undefined {
    return this.#end;
  }

  /** Takes a line as it is, without a look at what it says of the line before. */
  begin(line: string): void {
    this.#step(line, parse(line)?.seq);
  }

  /**
   * Follows the chain by one line.
   *
   * @param isBeginning the first line that is followed must be the first record ever written
   * @returns what is wrong with it
   */
  follow(line: string, isBeginning = false): AuditProblem[] {
    const before = this.#end;
    const record = parse(line);
    this.#step(line, record?.seq);
    if (record === undefined) return ['not_json'];
    const problems: AuditProblem[] = [];
    const begins = isBeginning || record.seq === 1;
    const expected = before?.sha256 ?? (begins ? FIRST_PREV : record.prev_sha256);
    if (record.prev_sha256 !== expected) problems.push('chain_broken');
    if (before !== undefined && record.seq !== before.seq + 1) problems.push('seq_broken');
    return problems;
  }

  #step(line: string, seq: number | undefined): void {
    this.#end = {
      seq: seq ?? (this.#end?.seq ?? 0) + 1,
      sha256: createHash('sha256').update(line).digest('hex'),
    };
  }
}

function parse(text: string): { seq: number; prev_sha256: string } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const { seq, prev_sha256 } = value as Record<string, unknown>;
    return typeof seq === 'number' && typeof prev_sha256 === 'string' ? { seq, prev_sha256 } : undefined;
  } catch {
    return undefined;
  }
}
