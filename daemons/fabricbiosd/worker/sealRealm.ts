import { registerHooks } from 'node:module';

/**
 * The names of ECMAScript and WebAssembly. Everything else that Node puts into the global object is
 * removed.
 */
const LANGUAGE = new Set([
  ...['globalThis', 'Infinity', 'NaN', 'undefined', 'isFinite', 'isNaN', 'parseFloat', 'parseInt'],
  ...['decodeURI', 'decodeURIComponent', 'encodeURI', 'encodeURIComponent', 'escape', 'unescape', 'eval'],
  ...['Object', 'Function', 'Boolean', 'Symbol', 'Number', 'BigInt', 'Math', 'Date', 'String', 'RegExp', 'Intl'],
  ...['Error', 'AggregateError', 'EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError'],
  ...['Array', 'Map', 'Set', 'WeakMap', 'WeakSet', 'WeakRef', 'FinalizationRegistry', 'JSON', 'Proxy', 'Reflect'],
  ...['ArrayBuffer', 'SharedArrayBuffer', 'Atomics', 'DataView', 'Promise', 'Iterator', 'WebAssembly'],
  ...['Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array'],
  ...['Float16Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array'],
]);

/**
 * The properties of `process` that Node's own code needs to run a worker and to end one that threw.
 */
const KEPT_OF_PROCESS = new Set([
  ...['version', 'versions', 'arch', 'platform', 'nextTick', '_tickCallback', 'emitWarning', 'constructor'],
  ...['_events', '_eventsCount', '_maxListeners', 'domain', '_exiting', 'exitCode'],
  // In a worker these end the thread, not the process, and are read by nobody.
  ...['exit', 'reallyExit', 'stdin', 'stdout', 'stderr'],
  ...['_fatalException', 'hasUncaughtExceptionCaptureCallback'],
]);

/**
 * Leaves a worker nothing but the language. It must be called once, when all needed code is loaded,
 * and before the worker gets foreign code.
 *
 * JavaScript of an attacker in this realm then finds no module to load, no `process`, no message
 * port and no host object. It cannot change a built-in so that the worker's own code would hand one
 * out (docs/internals/security.md, "The run worker").
 */
export function sealRealm(): void {
  // Not `import`, not `require`, from wherever: evaluated text included.
  registerHooks({ resolve: refuse, load: refuse });
  stripProcess();
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    // `gc`, where somebody had V8 expose it, can only be made nothing.
    if (!LANGUAGE.has(name) && !Reflect.deleteProperty(globalThis, name)) Reflect.set(globalThis, name, undefined);
  }
  errorsMayBeNamed();
  freezeReachable([globalThis, ...hiddenIntrinsics()]);
}

function refuse(): never {
  throw new Error('this worker loads no more modules');
}

/** Node's own code keeps the object, so that it is emptied too, for whoever should come by it. */
function stripProcess(): void {
  for (const holder of [process, Object.getPrototypeOf(process)]) {
    for (const name of Object.getOwnPropertyNames(holder)) {
      if (!KEPT_OF_PROCESS.has(name)) Reflect.deleteProperty(holder, name);
    }
  }
}

/**
 * Lets classes of errors set `this.name`. A frozen prototype would forbid it to its heirs; a setter
 * allows it.
 */
function errorsMayBeNamed(): void {
  const errors = [Error, AggregateError, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];
  const { CompileError, LinkError, RuntimeError } = WebAssembly;
  for (const { prototype } of [...errors, CompileError, LinkError, RuntimeError]) {
    for (const key of ['name', 'message']) {
      const value: unknown = Reflect.get(prototype, key);
      Object.defineProperty(prototype, key, {
        get: () => value,
        set(own: unknown) {
          Object.defineProperty(this, key, { value: own, writable: true, enumerable: false, configurable: true });
        },
      });
    }
  }
}

/** Objects of the language that no name leads to. */
function hiddenIntrinsics(): object[] {
  const regExp = /./g[Symbol.matchAll]('');
  const iterators = [[].values(), ''[Symbol.iterator](), new Map().values(), new Set().values(), regExp];
  const functions = [function* () {}, async () => {}, async function* () {}, () => {}];
  return [...iterators, ...functions, (function* () {})(), (async function* () {})()];
}

function freezeReachable(roots: object[]): void {
  const seen = new Set<object>(roots);
  for (const object of seen) {
    const visit = (value: unknown) => {
      if ((typeof value === 'object' && value !== null) || typeof value === 'function') seen.add(value);
    };
    visit(Object.getPrototypeOf(object));
    for (const key of Reflect.ownKeys(object)) {
      const property = Reflect.getOwnPropertyDescriptor(object, key);
      if (property === undefined) continue;
      visit(property.value);
      visit(property.get);
      visit(property.set);
    }
    Object.freeze(object);
  }
}
