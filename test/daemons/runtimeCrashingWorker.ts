/**
 * A run worker with faults on request: an input of `exit`, `throw` or `heap`, a module that holds the text `heap-when-compiled`, or any
 * module when the first byte of the memory pool is 1, which it then clears.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { ToWorker, WorkerData } from '../../daemons/fabricbiosd/runtime/workerMessages.ts';

// Before the real worker's own listener, which is added when it is imported.
parentPort?.on('message', (message: ToWorker) => {
  if (message.kind === 'compile') {
    if (Buffer.from(message.bytes).includes('heap-when-compiled')) fillHeap();
    if (Atomics.exchange(new Uint8Array((workerData as WorkerData).memPool), 0, 0) === 1) process.exit(7);
    return;
  }
  switch (Buffer.from(message.input).toString()) {
    case 'exit':
      process.exit(7);
      break;
    case 'throw':
      // In the midst of the run, as a fault of our own would be.
      WebAssembly.Instance = class {
        readonly exports = {};
        constructor() {
          throw new TypeError('a fault on request');
        }
      };
      break;
    case 'heap':
      fillHeap();
  }
});

function fillHeap(): void {
  const kept: unknown[] = [];
  for (;;) kept.push(new Array(100_000).fill(0.5));
}

await import('../../daemons/fabricbiosd/runtime/runWorker.ts');
