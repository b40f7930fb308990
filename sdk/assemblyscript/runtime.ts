/**
 * Memory of a tasklet: it only grows. A module instance serves one run, so nothing is ever freed or collected; the newest object grows and shrinks in place.
 * Smaller than the compiler's own `stub` runtime by what that spends on checks and on a second size. The names and the two words in front of each
 * object (class id, size in bytes) are the compiler's contract (std/assembly/rt/common.ts of AssemblyScript).
 */

/** Bytes in use past __heap_base. Relative, so that it starts as a constant and the module needs no start function. */
// @ts-ignore: decorator
@lazy let used: usize = 0;

/** Objects start at a multiple of 16 (room for v128), their two words of header before. */
// @ts-ignore: decorator
@inline const ALIGN: usize = 15;
// @ts-ignore: decorator
@inline const HEADER: usize = 8;
// @ts-ignore: decorator
@inline const SIZE_MAX: usize = 1 << 30;

/** Gives the newest object its size. Memory is doubled where it may be, so that many small objects cost few calls. */
function extend(object: usize, size: usize): void {
  const end = object + min(size, SIZE_MAX);
  const pages = memory.size();
  const missing = <i32>((end + 0xffff) >> 16) - pages;
  if (missing > 0 && memory.grow(max(pages, missing)) < 0 && memory.grow(missing) < 0) {
    throw new Error("out of linear memory");
  }
  store<u32>(object - 4, size);
  used = end - __heap_base;
}

// @ts-ignore: decorator
@global @unsafe
export function __new(size: usize, id: u32): usize {
  const object = (__heap_base + used + HEADER + ALIGN) & ~ALIGN;
  extend(object, size);
  store<u32>(object - 8, id);
  return object;
}

// @ts-ignore: decorator
@global @unsafe
export function __renew(object: usize, size: usize): usize {
  const before = <usize>load<u32>(object - 4);
  if (object + before == __heap_base + used) {
    extend(object, size);
    return object;
  }
  if (size <= before) {
    store<u32>(object - 4, size);
    return object;
  }
  const moved = __new(size, load<u32>(object - 8));
  memory.copy(moved, object, before);
  return moved;
}

// @ts-ignore: decorator
@global @unsafe
export function __alloc(size: usize): usize {
  return __new(size, 0);
}

// @ts-ignore: decorator
@global @unsafe
export function __realloc(block: usize, size: usize): usize {
  return __renew(block, size);
}

// @ts-ignore: decorator
@global @unsafe
export function __free(block: usize): void {}

// @ts-ignore: decorator
@global @unsafe
export function __link(parent: usize, child: usize, expectMultiple: bool): void {}

// @ts-ignore: decorator
@global @unsafe
export function __pin(object: usize): usize {
  return object;
}

// @ts-ignore: decorator
@global @unsafe
export function __unpin(object: usize): void {}

// @ts-ignore: decorator
@global @unsafe
function __visit(object: usize, cookie: u32): void {}

// @ts-ignore: decorator
@global @unsafe
export function __collect(): void {}
