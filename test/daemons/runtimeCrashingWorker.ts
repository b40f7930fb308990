/**
 * A run worker with faults on request: an input of `exit`, `throw` or `heap`, a module that holds
 * the text `heap-when-compiled`, or any module when the first byte of the memory pool is 1, which
 * it then clears.
 */
import { Buffer } from 'node:buffer';
import { parentPort, workerData } from 'node:worker_threads';
import type { ToWorker, WorkerData } from '../../daemons/fabricbiosd/boundary/workerMessages.ts';

// Taken before the real worker seals its realm.
const { exit } = process;

// Before the real worker's own listener, which is added when it is imported.
parentPort?.on('message', (message: ToWorker) => {
  if (message.kind === 'compile') {
    if (Buffer.from(message.bytes).includes('heap-when-compiled')) fillHeap();
    if (Atomics.exchange(new Uint8Array((workerData as WorkerData).memPool), 0, 0) === 1) exit(7);
    return;
  }
  switch (Buffer.from(message.input).toString()) {
    case 'exit':
      exit(7);
      break;
    case 'throw':
      // The real worker then throws in the midst of the run, as by a fault of our own.
      message.moduleId = -1;
      message.compiled = null;
      break;
    case 'heap':
      fillHeap();
  }
});

function fillHeap(): void {
  const kept: unknown[] = [];
  for (;;) kept.push(new Array(100_000).fill(0.5));
}

await import('../../daemons/fabricbiosd/worker/runWorker.ts');
