// Multiplies two matrices of f32 n times, four columns at once.
const SIZE: i32 = 64;
const a = memory.data(SIZE * SIZE * 4);
const b = memory.data(SIZE * SIZE * 4);
const c = memory.data(SIZE * SIZE * 4);

export function run(n: i32): i32 {
  for (let i = 0; i < SIZE * SIZE; i++) {
    store<f32>(a + (i << 2), <f32>(i % 7));
    store<f32>(b + (i << 2), <f32>(i % 5));
  }
  for (let round = 0; round < n; round++) {
    for (let i = 0; i < SIZE; i++) {
      for (let j = 0; j < SIZE; j += 4) {
        let sum = f32x4.splat(0);
        for (let k = 0; k < SIZE; k++) {
          const left = v128.load32_splat(a + ((i * SIZE + k) << 2));
          sum = f32x4.add(sum, f32x4.mul(left, v128.load(b + ((k * SIZE + j) << 2))));
        }
        v128.store(c + ((i * SIZE + j) << 2), sum);
      }
    }
  }
  let sum: f32 = 0;
  for (let i = 0; i < SIZE * SIZE; i++) sum += load<f32>(c + (i << 2));
  return <i32>sum;
}
