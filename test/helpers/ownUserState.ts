import { temporaryFolder } from './temporaryFolder.ts';

/** Gives a suite, whose tests run product code in this process, a state of its own. */
export function ownUserState(): void {
  let state: Awaited<ReturnType<typeof temporaryFolder>>;
  let stateBefore: string | undefined;

  before(async () => {
    state = await temporaryFolder('grafos-state-');
    stateBefore = process.env.XDG_STATE_HOME;
    process.env.XDG_STATE_HOME = state.path;
  });

  after(async () => {
    if (stateBefore === undefined) delete process.env.XDG_STATE_HOME;
    else process.env.XDG_STATE_HOME = stateBefore;
    await state[Symbol.asyncDispose]();
  });
}
