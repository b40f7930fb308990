import { fail, Json } from "grafos-std";

const SIDE_MAX = 512;
const HEAD_BYTES = 54;

/** Paints a picture as a Windows bitmap (BMP, 24 bits): red grows to the right, green upwards. */
export function compute(input: Uint8Array): Uint8Array {
  const request = Json.parse(input);
  const width = sideOf(request.get("width"));
  const height = sideOf(request.get("height"));
  if (width == 0 || height == 0) return fail("invalid_input");

  const rowBytes = (width * 3 + 3) & ~3;
  const picture = new Uint8Array(HEAD_BYTES + rowBytes * height);
  head(picture.dataStart, width, height, rowBytes * height);
  for (let y = 0; y < height; y++) {
    let pixel = picture.dataStart + HEAD_BYTES + y * rowBytes;
    for (let x = 0; x < width; x++) {
      store<u8>(pixel, 128, 0);
      store<u8>(pixel, (y * 255) / max(1, height - 1), 1);
      store<u8>(pixel, (x * 255) / max(1, width - 1), 2);
      pixel += 3;
    }
  }
  return picture;
}

function sideOf(side: Json): i32 {
  const length = side.isInteger ? side.asI64() : 0;
  return length < 1 || length > SIDE_MAX ? 0 : <i32>length;
}

/** Writes BITMAPFILEHEADER and BITMAPINFOHEADER, whose numbers are little-endian. */
function head(at: usize, width: i32, height: i32, pixelBytes: i32): void {
  store<u16>(at, 0x4d42); // "BM"
  store<u32>(at, HEAD_BYTES + pixelBytes, 2);
  store<u32>(at, HEAD_BYTES, 10);
  store<u32>(at, 40, 14);
  store<i32>(at, width, 18);
  store<i32>(at, height, 22);
  store<u16>(at, 1, 26);
  store<u16>(at, 24, 28);
  store<u32>(at, pixelBytes, 34);
}
