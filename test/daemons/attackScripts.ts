/** JavaScript a stranger would try in the realm of a run worker; each must throw. */
const MODULES = [
  'node:fs',
  'node:net',
  'node:http',
  'node:child_process',
  'node:worker_threads',
  'node:sqlite',
  'node:vm',
];

const NAMES = [
  ...['process', 'global', 'require', 'module', 'Buffer', 'fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest'],
  ...[
    'setTimeout',
    'setImmediate',
    'queueMicrotask',
    'structuredClone',
    'performance',
    'crypto',
    'navigator',
    'console',
  ],
  ...[
    'MessageChannel',
    'MessagePort',
    'BroadcastChannel',
    'postMessage',
    'Worker',
    'Blob',
    'URL',
    'gc',
    'localStorage',
  ],
];

const CHANGES = {
  'WebAssembly.Instance': 'WebAssembly.Instance = class {}',
  'Uint8Array.prototype.set': 'Object.getPrototypeOf(Uint8Array.prototype).set = () => {}',
  'Uint8Array.prototype.subarray': 'Object.getPrototypeOf(Uint8Array.prototype).subarray = () => {}',
  'Map.prototype.get': 'Map.prototype.get = () => {}',
  'Atomics.load': 'Atomics.load = () => 0',
  'Object.prototype.then': 'Object.prototype.then = () => {}',
  'an accessor on Object.prototype': 'Object.defineProperty(Object.prototype, "output", { get() { return 1 } })',
  'Error.prepareStackTrace': 'Error.prepareStackTrace = (_, frames) => frames',
  'Error.stackTraceLimit': 'Error.stackTraceLimit = 0',
  'Promise.prototype.then': 'Promise.prototype.then = () => {}',
  'a generator': 'Object.getPrototypeOf(function* () {}).prototype.next = () => {}',
  'a new global': 'globalThis.process = {}',
};

export const SCRIPTS: Record<string, string> = {
  ...Object.fromEntries(MODULES.map((name) => [`import ${name}`, `import("${name}")`])),
  'import a text': 'import("data:text/javascript,export default 1")',
  'import from a made function': 'Function("return import(\\"node:fs\\")")()',
  'import from a made async function': '(async () => {}).constructor("return import(\\"node:net\\")")()',
  'import from a constructor of a constructor': '({}).constructor.constructor("return import(\\"node:fs\\")")()',
  'process by a made function': 'Function("return process")()',
  ...Object.fromEntries(NAMES.map((name) => [`name ${name}`, name])),
  ...Object.fromEntries(Object.entries(CHANGES).map(([name, change]) => [`change ${name}`, `"use strict"; ${change}`])),
};
