import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FakeCloud, type FakeCloudOptions } from '../fakeCloud/fakeCloud.ts';
import { systemdMachine } from '../fakeCloud/systemdMachine.ts';
import { type Ended, startGrafos } from './grafosCommand.ts';
import { type ProgramCopy, programOf } from './programCopy.ts';
import { temporaryFolder } from './temporaryFolder.ts';
import { watProgram } from './watTasklets.ts';

/** A laptop with an account at the fake clouds, and a program on it. */
export interface CloudSetup extends AsyncDisposable {
  cloud: FakeCloud;
  program: ProgramCopy;
  /** Environment of the laptop: its records are its own. */
  env: NodeJS.ProcessEnv;
  /** The words of each command so far, and all that it showed. */
  shown: string[];
  /** Runs the command; a fault that kills the caller kills it. */
  run(args: string[], options?: { cwd?: string; env?: NodeJS.ProcessEnv }): Promise<Ended>;
}

export async function cloudSetup(options: Partial<FakeCloudOptions> = {}): Promise<CloudSetup> {
  await using cleanup = new AsyncDisposableStack();
  const home = cleanup.use(await temporaryFolder('grafos-laptop-'));
  const program = cleanup.use(await programOf(watProgram('hello', 'echo')));
  const cloud = cleanup.use(await FakeCloud.start({ startMachine: systemdMachine, ...options }));
  const [subject, credentials] = [join(home.path, 'subject'), join(home.path, 'credentials.json')];
  await writeFile(subject, 'somebody');
  await writeFile(credentials, cloud.googleCredentials(subject));
  const env = {
    GOOGLE_APPLICATION_CREDENTIALS: credentials,
    ...cloud.environment,
    XDG_STATE_HOME: join(home.path, 'state'),
  };
  const owned = cleanup.move();
  const shown: string[] = [];
  let child: ChildProcess | undefined;
  let killed: { child: ChildProcess; gone: Promise<unknown> } | undefined;
  cloud.killCaller = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    // Calls that are under way at once end the same caller.
    if (killed?.child !== child) {
      killed = { child, gone: once(child, 'exit') };
      child.kill('SIGKILL');
    }
    await killed.gone;
  };
  return {
    cloud,
    program,
    env,
    shown,
    async run(args, { cwd = program.path, env: more = {} } = {}) {
      const started = startGrafos(args, { cwd, env: { ...env, ...more }, nodeOptions: FakeCloud.nodeOptions });
      child = started.child;
      const ended = await started.ended;
      shown.push(started.child.spawnargs.join(' '), ended.stdout, ended.stderr);
      return ended;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
