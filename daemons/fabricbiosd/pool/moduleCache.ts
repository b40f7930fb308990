import type { RunError } from '../../wire/runError.ts';
import type { CompiledModule, CompileResult } from '../boundary/workerMessages.ts';

/** Called once for a run that waits, with the reason of a refusal of its tenant's own. */
type Waiter = (refused: RunError | null) => void;

/**
 * A module that is made ready. Each tenant whose runs wait has work of its own for it, in its own
 * turn: the work that ends first serves all.
 */
interface Preparation {
  byTenant: Map<string, { waiters: Set<Waiter>; work: AbortController }>;
}

/** Bytes of artifacts kept, and of metered modules; V8's code comes on top of these. */
const ARTIFACT_BYTES = 128 * 1024 * 1024;
const METERED_BYTES = 64 * 1024 * 1024;
/**
 * Most entries of each kind. Small modules and refusals weigh little more than their names, so the
 * bound on bytes alone would allow too many.
 */
const MODULES = 1_024;

/** A module made ready for one bound of linear memory, or on the way to it. */
export interface ModuleEntry {
  /** Its name in the workers. */
  id: number;
  /** Its last run was, so the next one is expected to be. */
  short: boolean;
  state: { compiled: CompiledModule } | { refused: RunError } | Preparation;
}

/**
 * Artifacts by hash, and results by hash and pages of linear memory. Both drop the least recently
 * used.
 */
export class ModuleCache {
  readonly #artifacts = new Map<string, Uint8Array>();
  readonly #entries = new Map<string, ModuleEntry>();
  #nextId = 1;
  artifactBytes = 0;
  meteredBytes = 0;

  get modules(): number {
    return this.#artifacts.size;
  }

  get compiled(): number {
    return this.#entries.size;
  }

  has(sha256: string): boolean {
    return this.#artifacts.has(sha256);
  }

  put(sha256: string, bytes: Uint8Array): void {
    if (this.#artifacts.has(sha256)) return;
    // A view would keep all that it was received with.
    this.#artifacts.set(sha256, bytes.length === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes));
    this.artifactBytes += bytes.length;
    for (const [oldest, old] of this.#artifacts) {
      if ((this.artifactBytes <= ARTIFACT_BYTES && this.#artifacts.size <= MODULES) || oldest === sha256) break;
      this.#artifacts.delete(oldest);
      this.artifactBytes -= old.length;
    }
  }

  artifact(sha256: string): Uint8Array | undefined {
    return touch(this.#artifacts, sha256);
  }

  entry(sha256: string, pages: number): ModuleEntry | undefined {
    return touch(this.#entries, key(sha256, pages));
  }

  /** Makes an entry, which waits for its {@link settle}. */
  open(sha256: string, pages: number): ModuleEntry {
    const entry = { id: this.#nextId++, short: false, state: { byTenant: new Map() } };
    this.#entries.set(key(sha256, pages), entry);
    return entry;
  }

  /**
   * Has a run wait for an entry.
   *
   * @returns the signal of the work that its tenant has to begin, which is aborted when nothing of
   * that tenant waits any more; null where there is such work
   */
  wait({ state }: ModuleEntry, tenant: string, waiter: Waiter): AbortSignal | null {
    if (!('byTenant' in state)) return null;
    const known = state.byTenant.get(tenant);
    if (known !== undefined) {
      known.waiters.add(waiter);
      return null;
    }
    const work = new AbortController();
    state.byTenant.set(tenant, { waiters: new Set([waiter]), work });
    return work.signal;
  }

  /**
   * Ends the wait of one run. The work of a tenant that nothing waits for ends, and a module that
   * no run waits for is forgotten: cancelled runs leave no work behind.
   */
  leave(sha256: string, pages: number, tenant: string, waiter: Waiter): void {
    const name = key(sha256, pages);
    const state = this.#entries.get(name)?.state;
    if (state === undefined || !('byTenant' in state)) return;
    const known = state.byTenant.get(tenant);
    if (known?.waiters.delete(waiter) !== true || known.waiters.size > 0) return;
    state.byTenant.delete(tenant);
    if (state.byTenant.size === 0) this.#entries.delete(name);
    known.work.abort();
  }

  /** Refuses the runs of one tenant that wait. */
  refuse(sha256: string, pages: number, tenant: string, refused: RunError): void {
    const state = this.#entries.get(key(sha256, pages))?.state;
    if (state === undefined || !('byTenant' in state)) return;
    for (const waiter of [...(state.byTenant.get(tenant)?.waiters ?? [])]) {
      this.leave(sha256, pages, tenant, waiter);
      waiter(refused);
    }
  }

  /** Gives the result to all that wait. One that is not `lasting` is forgotten afterwards. */
  settle(sha256: string, pages: number, result: CompileResult, lasting: boolean): void {
    const name = key(sha256, pages);
    const entry = this.#entries.get(name);
    if (entry === undefined || !('byTenant' in entry.state)) return;
    const { byTenant } = entry.state;
    entry.state = result;
    if (lasting) this.meteredBytes += weight(entry);
    else this.#entries.delete(name);
    for (const [oldest, old] of this.#entries) {
      if (this.meteredBytes <= METERED_BYTES && this.#entries.size <= MODULES) break;
      if (oldest === name || 'byTenant' in old.state) continue;
      this.#entries.delete(oldest);
      this.meteredBytes -= weight(old);
    }
    for (const { work } of byTenant.values()) work.abort();
    for (const { waiters } of byTenant.values()) for (const waiter of waiters) waiter(null);
  }
}

function key(sha256: string, pages: number): string {
  return `${sha256}:${pages}`;
}

/** Measured bytes that V8 keeps for a function beside its code. */
const FUNCTION_BYTES = 100;

function weight({ state }: ModuleEntry): number {
  if (!('compiled' in state)) return 0;
  const { bytes, interruptFunction, importedFunctions } = state.compiled.metered;
  return bytes.length + FUNCTION_BYTES * Math.max(0, interruptFunction - importedFunctions);
}

/** A Map keeps the order of insertion, so that its first is what was not used longest. */
function touch<Value>(map: Map<string, Value>, name: string): Value | undefined {
  const value = map.get(name);
  if (value === undefined) return undefined;
  map.delete(name);
  map.set(name, value);
  return value;
}
