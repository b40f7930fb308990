/** Small tasklets in WAT, for tests that need a certain behaviour and no compiler. */
const shell = (memory: string, body: string, imports = '') => `(module
  ${imports}
  (memory (export "memory") ${memory})
  (func (export "_grafos_tasklet_init") (param i32 i32))
  (func (export "_grafos_tasklet_run") (param $input i32) (param $len i32) (result i32) ${body})
  (func (export "_grafos_tasklet_finalize"))
)`;

const OUTPUT = '(import "grafos_tasklet_v0" "output_write" (func $output (param i32 i32) (result i32)))';
const READ = '(import "grafos_tasklet_v0" "blob_read" (func $read (param i32 i32 i32 i32) (result i32)))';
const LOG = '(import "grafos_tasklet_v0" "log" (func $log (param i32 i32 i32)))';
const FBMU = '(import "fabricbios_fbmu_v0" "fbmu_write" (func $write (param i64 i32 i32) (result i32)))';

export const WAT = {
  hello: shell(
    '1',
    '(i32.store (i32.const 0) (i32.const 0x7d7b)) (drop (call $output (i32.const 0) (i32.const 2))) (i32.const 0)',
    OUTPUT,
  ),
  endless: shell('1', '(loop $again (br $again)) (i32.const 0)'),
  /** Gives its input back. */
  echo: shell(
    '300',
    '(drop (call $read (local.get $input) (i32.const 0) (i32.const 0) (local.get $len))) (drop (call $output (i32.const 0) (local.get $len))) (i32.const 0)',
    READ + OUTPUT,
  ),
  /** Logs a line, and gives its input back. */
  talks: shell(
    '300',
    '(drop (call $read (local.get $input) (i32.const 0) (i32.const 8) (local.get $len))) (drop (call $output (i32.const 8) (local.get $len))) (call $log (i32.const 2) (i32.const 0) (i32.const 5)) (i32.const 0)',
    `${READ + OUTPUT + LOG} (data (i32.const 0) "begun")`,
  ),
  /** Logs a line in each of its rounds, which have no end. */
  rounds: shell(
    '1',
    `(local $n i32) (loop $round
      (call $log (i32.const 2) (i32.const 0) (i32.const 5))
      (local.set $n (i32.const 20000000))
      (loop $again (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (drop (memory.grow (i32.const 1)))
      (br $round)) (i32.const 0)`,
    `${LOG} (data (i32.const 0) "round")`,
  ),
  /** Logs a line, and then never ends. */
  chatty: shell(
    '1',
    '(call $log (i32.const 2) (i32.const 0) (i32.const 5)) (loop $again (br $again)) (i32.const 0)',
    `${LOG} (data (i32.const 0) "begun")`,
  ),
  unreachable: shell('1', '(unreachable)'),
  /** Writes "grafOS" at offset 16 of its fabric memory. */
  remembers: `(module
  ${FBMU}
  (memory (export "memory") 1)
  (data (i32.const 0) "grafOS")
  (func (export "_grafos_tasklet_init") (param i32 i32))
  (func (export "_grafos_tasklet_run") (param i32 i32) (result i32) (call $write (i64.const 16) (i32.const 0) (i32.const 6)))
  (func (export "_grafos_tasklet_finalize"))
)`,
  wasi: shell('1', '(i32.const 0)', '(import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))'),
};

/** A manifest of WAT tasklets, one for each name. */
export function watManifest(names: string[], extra = ''): string {
  return [
    '[program]\nname = "wat"\nversion = "0.1.0"\n',
    ...names.map((name) => `[[tasklet]]\nname = "${name}"\nsource = "tasklets/${name}.wat"\n${extra}`),
  ].join('\n');
}

/** Files of a program of these WAT tasklets. */
export function watProgram(...names: Array<keyof typeof WAT>): Record<string, string> {
  return {
    'grafos.toml': watManifest(names),
    ...Object.fromEntries(names.map((name) => [`tasklets/${name}.wat`, WAT[name]])),
  };
}
