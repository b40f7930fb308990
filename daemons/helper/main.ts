/** `helper`: the "Run locally" helper of the local stack (docs/reference/helper.md). */
import { runDaemon } from '../kit/daemonLifetime.ts';
import { readTrust } from '../kit/trust.ts';
import { readHelperFlags } from './flags.ts';
import { startHelper } from './start.ts';

await runDaemon('helper', async ({ argv, log, fact }) => {
  const flags = readHelperFlags(argv);
  const { cellId } = flags;
  // A helper that starts beside the scheduler does not know its port yet.
  const url = flags.scheduler === 'lifeline' ? fact('scheduler') : Promise.resolve(flags.scheduler);
  const part = { usage: 'client', roles: ['tenant', 'admin'] } as const;
  const files = await readTrust(flags, part, { unreadable: 'trust_not_readable', notPem: 'certificate_unreadable' });
  return await startHelper({
    ...flags,
    log,
    async connect() {
      // Loaded on first use: it is most of the code, and the helper's start waits for none of it.
      const { connectScheduler } = await import('../tenant/schedulerClient.ts');
      return await connectScheduler({ url: await url, ...files, cellId });
    },
  });
});
