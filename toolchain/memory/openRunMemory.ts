import { cellAnswerInvalid } from '../../daemons/protocol/cellAnswerInvalid.ts';
import type { CapabilityRight } from '../../daemons/protocol/fabricControl.ts';
import { GrafosError } from '../../daemons/protocol/grafosError.ts';
import { type MemSession, openMemSession } from '../../daemons/protocol/memClient.ts';
import { findRun } from '../deploy/findRun.ts';

export interface RunMemory extends AsyncDisposable {
  leaseId: string;
  session: MemSession;
  /** `length` bytes from `offset`, to the end of the lease unless given. @throws GrafosError `out_of_bounds` when the lease has fewer. */
  lengthAt(offset: number, length?: number): number;
}

/**
 * Opens the leased fabric memory of a run over the data plane: the scheduler gives a capability token for exactly this lease, the cell takes it.
 * @throws GrafosError `cell_answer_invalid`, `run_not_ended`, `lease_ended` when the run holds no lease (any more), a refusal, or the data plane's own error.
 */
export async function openRunMemory(
  programRoot: string,
  runId: string,
  options: { provider?: string; rights: CapabilityRight[]; signal: AbortSignal },
): Promise<RunMemory> {
  const { run, client } = await findRun(programRoot, runId, options.provider, options.signal);
  using _client = client;
  if (run.ended_at === null) {
    throw new GrafosError('usage', 'run_not_ended', `Run ${runId} has not ended; only a held lease can be opened.`, {
      next: 'Hold it after the end with: grafos deploy run --mem SIZE --hold 60s',
    });
  }
  if (run.lease_id === null) {
    throw new GrafosError('usage', 'lease_ended', `Run ${runId} holds no fabric memory.`, {
      why: 'A lease ends with its run, or with its hold, and its bytes are zeroed.',
      next: 'Keep it with: grafos deploy run --mem SIZE --hold 60s',
    });
  }
  const capability = await client.capability(run, { rights: options.rights }, { signal: options.signal });
  const session = await openMemSession({
    url: capability.mem_dataplane,
    sha256: capability.mem_dataplane_sha256,
    token: capability.token,
    leaseId: capability.lease_id,
  });
  if (session.bytes !== capability.bytes) {
    session.close();
    throw cellAnswerInvalid(client.url, `its lease has ${capability.bytes} bytes here and ${session.bytes} there`);
  }
  return {
    leaseId: capability.lease_id,
    session,
    lengthAt(offset, length = Math.max(1, session.bytes - offset)) {
      if (offset + length <= session.bytes) return length;
      throw new GrafosError(
        'usage',
        'out_of_bounds',
        `The lease has ${session.bytes} bytes; ${length} from offset ${offset} on go beyond it.`,
        { next: 'Give a smaller offset or fewer bytes.' },
      );
    },
    [Symbol.asyncDispose]: async () => session.close(),
  };
}
