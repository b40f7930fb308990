import { plainText } from '../../base/text/plainText.ts';
import type { DevState } from '../../daemons/wire/devState.ts';
import type { StackPaths } from '../stack/stackPaths.ts';
import { type Pem, readPem } from '../trust/readPem.ts';
import { type ConfirmationRecord, changeConfirmationRecord, readConfirmationRecord } from './confirmationRecord.ts';
import { stackSha256 } from './entrySha256.ts';
import { NotConfirmedError } from './notConfirmed.ts';

/**
 * The CA of a stack, where this user made or confirmed it. No file that the state names is read
 * before its entry is known.
 *
 * @throws {NotConfirmedError} stack_not_confirmed
 * @throws {GrafosError} trust_unreadable
 */
export async function stackConfirmation(
  paths: StackPaths,
  state: DevState,
  { stack }: Pick<ConfirmationRecord, 'stack'>,
): Promise<Pem> {
  if (stack?.entry_sha256 !== stackSha256(state)) {
    throw notConfirmed(paths, state, 'This user neither started it here nor confirmed it.');
  }
  const ca = await readPem('local', state.ca_cert);
  if (ca.sha256 === stack.ca_sha256) return ca;
  throw notConfirmed(paths, state, 'Its CA certificate is not the one it was started with.');
}

/**
 * Tells whether this user made or confirmed the entry of a stack; its CA certificate is not looked
 * at.
 */
export async function isKnownStack(programRoot: string, state: DevState): Promise<boolean> {
  const { stack } = await readConfirmationRecord(programRoot);
  return stack?.entry_sha256 === stackSha256(state);
}

/**
 * Remembers that this user made or confirmed a stack, in the place of the program's last one.
 *
 * @throws {GrafosError} trust_unreadable, no_home_folder, or a file error's code
 */
export async function confirmStack(programRoot: string, state: DevState): Promise<void> {
  const { sha256: ca_sha256 } = await readPem('local', state.ca_cert);
  await changeConfirmationRecord(programRoot, ({ cells }) => ({
    stack: { entry_sha256: stackSha256(state), ca_sha256 },
    cells,
  }));
}

function notConfirmed({ root, state: file }: StackPaths, state: DevState, why: string): NotConfirmedError {
  return new NotConfirmedError('stack_not_confirmed', `The local stack that ${file} names is not confirmed.`, {
    why,
    next: 'Start your own in its place: grafos dev up. If you know that one: grafos provider confirm local',
    question: `Use the local stack at ${state.scheduler_url}?`,
    facts: [
      ['named by', file],
      ['URL', state.scheduler_url],
      ['tenant', state.tenant_name],
      ['CA', plainText(state.ca_cert)],
      ['certificate', plainText(state.tenant_cert)],
      ['key', plainText(state.tenant_key)],
      ['why', why],
    ],
    confirm: () => confirmStack(root, state),
  });
}
