// Multiplies two matrices of f64 n times.
const SIZE: i32 = 64;
const a = memory.data(SIZE * SIZE * 8);
const b = memory.data(SIZE * SIZE * 8);
const c = memory.data(SIZE * SIZE * 8);

export function run(n: i32): i32 {
  for (let i = 0; i < SIZE * SIZE; i++) {
    store<f64>(a + (i << 3), <f64>(i % 17));
    store<f64>(b + (i << 3), <f64>(i % 13));
  }
  for (let round = 0; round < n; round++) {
    for (let i = 0; i < SIZE; i++) {
      for (let j = 0; j < SIZE; j++) {
        let sum: f64 = 0;
        for (let k = 0; k < SIZE; k++) sum += load<f64>(a + ((i * SIZE + k) << 3)) * load<f64>(b + ((k * SIZE + j) << 3));
        store<f64>(c + ((i * SIZE + j) << 3), sum);
      }
    }
  }
  let sum: f64 = 0;
  for (let i = 0; i < SIZE * SIZE; i++) sum += load<f64>(c + (i << 3));
  return <i32>sum;
}
