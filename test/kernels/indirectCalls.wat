;; One of four small functions through a table, in every round.
(module
  (type $operation (func (param i32 i32) (result i32)))
  (table funcref (elem $add $sub $mul $xor))
  (func $add (type $operation) (i32.add (local.get 0) (local.get 1)))
  (func $sub (type $operation) (i32.sub (local.get 0) (local.get 1)))
  (func $mul (type $operation) (i32.mul (local.get 0) (local.get 1)))
  (func $xor (type $operation) (i32.xor (local.get 0) (local.get 1)))
  (func (export "run") (param $n i32) (result i32) (local $x i32)
    (loop $again
      (local.set $x (call_indirect (type $operation)
        (local.get $x) (local.get $n) (i32.and (local.get $n) (i32.const 3))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x)))
