import type { ProcessBounds } from '../../../base/boundedCommand.ts';

/** V8 takes up to 2 GiB a second, so that a look as often finds at most 40 MiB above the bound. */
const LOOK_MS = 20;

/** Ends this process once it takes more than it may. Its main thread must stay free to look. */
export function boundSelf({ memory, cpuMs }: ProcessBounds): void {
  setInterval(() => {
    const { user, system } = process.cpuUsage();
    if (process.memoryUsage.rss() > memory || (user + system) / 1000 > cpuMs) endSelf();
  }, LOOK_MS).unref();
}

/** Ends this process. `process.exit` would wait for a thread inside V8's compiler. */
export function endSelf(): void {
  process.kill(process.pid, 'SIGKILL');
}
