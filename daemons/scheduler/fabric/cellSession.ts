import type {
  CapabilityGrant,
  CellIdentity,
  CellInventory,
  FabricErrorCode,
  FabricMethods,
  Lease,
  TaskletOutcome,
  TaskletSubmit,
} from '../../protocol/fabricControl.ts';

/**
 * One authenticated connection to a cell. Every request of the scheduler to it goes through here.
 */
export interface CellSession {
  identity: CellIdentity;
  inventory(): Promise<CellInventory>;
  leases(): Promise<Lease[]>;
  capability(request: FabricMethods['cap.request']['params']): Promise<CapabilityGrant>;
  putModule(sha256: string, bytes: Uint8Array): Promise<void>;
  submit(job: CellJob): Promise<CellOutcome>;
  cancel(runId: string): Promise<boolean>;
  /** Resolves with the reason when the connection is gone. */
  closed: Promise<string>;
  close(): void;
}

export type CellJob = Omit<TaskletSubmit, 'input'> & { input: Uint8Array };
export type CellOutcome = Omit<TaskletOutcome, 'output' | 'log'> & { output: Uint8Array; log: string };

/** News that a cell sends unasked. */
export interface CellNews {
  running(runId: string): void;
  log(runId: string, text: string): void;
}

/**
 * The cell answered with a refusal. Any other error of a session means that the connection is gone.
 */
export class CellRefused extends Error {
  readonly code: FabricErrorCode;

  constructor(code: FabricErrorCode, message: string) {
    super(message);
    this.name = 'CellRefused';
    this.code = code;
  }
}
