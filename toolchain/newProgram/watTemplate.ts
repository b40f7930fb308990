import { commonFiles, type ProgramFiles } from './programFiles.ts';

export function watTemplate(name: string): ProgramFiles {
  const source = `tasklets/${name}.wat`;
  const about = `A grafOS program with one tasklet in WebAssembly text, \`${source}\`: the profile as it is, without a library. The guide has a page on it, *Tasklet ABI*; in the editor, *grafOS: Open Guide…* shows it.`;
  return new Map([
    ...commonFiles(name, source, ['build/', '.grafos/'], about),
    [`fixtures/${name}/hello.input.json`, '{ "any": "bytes" }\n'],
    [`fixtures/${name}/hello.expected.json`, '{ "any": "bytes" }\n'],
    [`fixtures/${name}/empty.input.bin`, ''],
    [`fixtures/${name}/empty.expected.json`, '{ "$error": "empty_input" }\n'],
    [
      source,
      `;; Gives its input back; an empty one is an error.
(module
  (import "grafos_tasklet_v0" "blob_read" (func $blob_read (param i32 i32 i32 i32) (result i32)))
  (import "grafos_tasklet_v0" "output_write" (func $output_write (param i32 i32) (result i32)))
  (import "grafos_tasklet_v0" "fail" (func $fail (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "empty_input")

  (func (export "_grafos_tasklet_init") (param $context i32) (param $length i32))

  (func (export "_grafos_tasklet_run") (param $input i32) (param $length i32) (result i32)
    (local $at i32)
    (local $read i32)
    (if (i32.eqz (local.get $length))
      (then
        (call $fail (i32.const 0) (i32.const 11))
        (return (i32.const 1))))
    ;; By way of a buffer of 32 KiB, so that an input of any size fits one page of memory.
    (block $done
      (loop $again
        (br_if $done (i32.ge_u (local.get $at) (local.get $length)))
        (local.set $read
          (call $blob_read (local.get $input) (local.get $at) (i32.const 1024) (i32.const 32768)))
        (if (i32.le_s (local.get $read) (i32.const 0)) (then (return (local.get $read))))
        (drop (call $output_write (i32.const 1024) (local.get $read)))
        (local.set $at (i32.add (local.get $at) (local.get $read)))
        (br $again)))
    (i32.const 0))

  (func (export "_grafos_tasklet_finalize")))
`,
    ],
  ]);
}
