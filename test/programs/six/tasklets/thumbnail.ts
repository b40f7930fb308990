import { fail } from "grafos-std";

/**
 * Halves a picture: width and height as little-endian u32, then RGBA, row by row. Each pixel of the
 * result is the mean of four, rounded half up. Odd last rows and columns are left out.
 */
export function compute(input: Uint8Array): Uint8Array {
  if (input.length < 8) return fail("no_picture");
  const width = load<u32>(input.dataStart);
  const height = load<u32>(input.dataStart, 4);
  if (width < 2 || height < 2 || <u64>width * height * 4 + 8 != <u64>input.length) return fail("no_picture");
  const halfWidth = width >> 1;
  const halfHeight = height >> 1;
  const output = new Uint8Array(<i32>(8 + halfWidth * halfHeight * 4));
  store<u32>(output.dataStart, halfWidth);
  store<u32>(output.dataStart, halfHeight, 4);
  const rowBytes = <usize>width << 2;
  for (let y: u32 = 0; y < halfHeight; y++) {
    let upper = input.dataStart + 8 + <usize>(y << 1) * rowBytes;
    let to = output.dataStart + 8 + <usize>(y * halfWidth) * 4;
    let x: u32 = 0;
    // Four pixels of two rows become two.
    for (; x + 2 <= halfWidth; x += 2, upper += 16, to += 8) {
      const above = v128.load(upper);
      const below = v128.load(upper + rowBytes);
      const low = i16x8.add(i16x8.extend_low_i8x16_u(above), i16x8.extend_low_i8x16_u(below));
      const high = i16x8.add(i16x8.extend_high_i8x16_u(above), i16x8.extend_high_i8x16_u(below));
      const left = v128.shuffle<i64>(low, high, 0, 2);
      const right = v128.shuffle<i64>(low, high, 1, 3);
      const mean = i16x8.shr_u(i16x8.add(i16x8.add(left, right), i16x8.splat(2)), 2);
      v128.store64_lane(to, i8x16.narrow_i16x8_u(mean, mean), 0);
    }
    for (; x < halfWidth; x++, upper += 8, to += 4) {
      for (let channel: usize = 0; channel < 4; channel++) {
        const from = upper + channel;
        const sum = <u32>load<u8>(from) + load<u8>(from, 4) + load<u8>(from + rowBytes) + load<u8>(from + rowBytes, 4);
        store<u8>(to + channel, (sum + 2) >> 2);
      }
    }
  }
  return output;
}
