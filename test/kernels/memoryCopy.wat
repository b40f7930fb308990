;; Copies 64 KiB n times, in turn by words in a loop and by memory.copy.
(module
  (memory 4)
  (func (export "run") (param $n i32) (result i32) (local $i i32)
    (i32.store (i32.const 0) (i32.const 7))
    (loop $rounds
      (local.set $i (i32.const 0))
      (loop $words
        (i64.store offset=65536 (local.get $i) (i64.load (local.get $i)))
        (br_if $words (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8))) (i32.const 65536))))
      (memory.copy (i32.const 131072) (i32.const 65536) (i32.const 65536))
      (br_if $rounds (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.load (i32.const 131072))))
