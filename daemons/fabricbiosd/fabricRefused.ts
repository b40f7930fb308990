import type { FabricErrorCode } from '../protocol/fabricControl.ts';

/** The cell's answer is no. `code` goes to the scheduler as `data.code` of the JSON-RPC error. */
export class FabricRefused extends Error {
  readonly code: FabricErrorCode;

  constructor(code: FabricErrorCode, message: string) {
    super(message);
    this.name = 'FabricRefused';
    this.code = code;
  }
}
