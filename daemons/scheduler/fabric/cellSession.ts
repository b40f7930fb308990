import type {
  CapabilityGrant,
  CellIdentity,
  CellInventory,
  CellWorkers,
  FabricErrorCode,
  FabricMethods,
  Lease,
  TaskletOutcome,
  TaskletSubmit,
} from '../../wire/fabricControl.ts';

/**
 * One authenticated connection to a cell. Every request of the scheduler to it goes through here.
 */
export interface CellSession {
  identity: CellIdentity;
  workers: CellWorkers;
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
export type CellOutcome = Omit<TaskletOutcome, 'output' | 'log' | 'short'> & {
  output: Uint8Array;
  log: string;
  /** The cell expects the next run of the module to be short. */
  short: boolean;
};

/** News that a cell sends unasked. */
export interface CellNews {
  running(runId: string): void;
  log(runId: string, text: string): void;
}

/**
 * The cell answered with a refusal. Any other error of a session means that the connection is gone.
 */
export class CellRefusedError extends Error {
  readonly code: FabricErrorCode;

  constructor(code: FabricErrorCode, message: string) {
    super(message);
    this.name = 'CellRefusedError';
    this.code = code;
  }
}
