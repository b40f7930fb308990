import type { FabricErrorCode } from '../../wire/fabricControl.ts';

/** The cell's answer is no. `code` goes to the scheduler as `data.code` of the JSON-RPC error. */
export class FabricRefusedError extends Error {
  readonly code: FabricErrorCode;

  constructor(code: FabricErrorCode, message: string) {
    super(message);
    this.name = 'FabricRefusedError';
    this.code = code;
  }
}
