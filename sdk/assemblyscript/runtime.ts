import { outOfMemory } from "./outOfMemory";

/**
 * The memory of a tasklet, without a collector: a module instance serves one run and is thrown away
 * (docs/adr/0030-text-grows-in-place.md has the measurements).
 *
 * A block is a header and an object, in multiples of 16 bytes. Blocks come from the end of the used
 * memory, or from the lists of blocks that were released. The compiler's own code releases nothing;
 * a growing array and growing text release what they moved away from. The names of the exported
 * functions and the two words before each object (class id, size in bytes) are the compiler's
 * contract (std/assembly/rt/common.ts of AssemblyScript).
 */

// @ts-ignore: decorator
@inline const ALIGN: usize = 15;
// @ts-ignore: decorator
@inline const HEADER: usize = 8;
// @ts-ignore: decorator
@inline const SIZE_MAX: usize = 1 << 30;

/**
 * Bytes in use past {@link base}. Relative, so that it starts as a constant and the module needs no
 * start function. Every block starts 8 bytes past a multiple of 16, its object at a multiple of 16.
 */
// @ts-ignore: decorator
@lazy let used: usize = HEADER;

// @ts-ignore: decorator
@inline
export function base(): usize {
  return (__heap_base + ALIGN) & ~ALIGN;
}

/** Returns the end of the newest block. */
// @ts-ignore: decorator
@inline
export function top(): usize {
  return base() + used;
}

/** Returns the bytes of a block for an object of `size` bytes after a header of `header` bytes. */
// @ts-ignore: decorator
@inline
export function blockBytes(header: usize, size: usize): usize {
  return (header + size + ALIGN) & ~ALIGN;
}

/** First blocks of 64 lists. A free block begins with the next one's address and its own size. */
// @ts-ignore: decorator
@lazy const HEADS: usize = memory.data(256);
/** Bits of the lists that have a block. */
// @ts-ignore: decorator
@lazy let filled: u64 = 0;

/** Bytes up to which each size of block has a list; above, each power of two has one. */
// @ts-ignore: decorator
@inline const SMALL_MAX: usize = 512;
/** Number of the list for blocks from 512 bytes up to 1 KiB. */
// @ts-ignore: decorator
@inline const FIRST_LARGE: usize = 32;
/**
 * Added to the binary logarithm of a block's bytes, it gives the list after the first large one.
 */
// @ts-ignore: decorator
@inline const LOG_OF_LIST: usize = -9;

/** Bytes of a page of linear memory, less one. */
// @ts-ignore: decorator
@inline const PAGE_MASK: usize = 0xffff;

/** Sets the end of the used memory. Returns false where the memory cannot grow as far. */
// @ts-ignore: decorator
@inline
function reach(end: usize): bool {
  if (<i32>((end + PAGE_MASK) >> 16) > memory.size() && !grow(end)) return false;
  used = end - base();
  return true;
}

/** Doubles the memory where it can, so that many small objects cost few calls. */
function grow(end: usize): bool {
  const pages = memory.size();
  const missing = <i32>((end + PAGE_MASK) >> 16) - pages;
  return memory.grow(max(pages, missing)) >= 0 || memory.grow(missing) >= 0;
}

/** Says whether the block is the last on the heap. A constant may end where the heap begins. */
// @ts-ignore: decorator
@inline
export function isNewest(block: usize, bytes: usize): bool {
  return block + bytes == top() && block >= base();
}

/** Makes the newest block longer or shorter. Returns false where the memory cannot grow as far. */
export function resizeNewest(block: usize, bytes: usize): bool {
  return reach(block + bytes);
}

/** Returns the start of a block of `bytes`, a multiple of 16; 0 where there is no room. */
export function takeBlock(bytes: usize): usize {
  if (filled != 0) {
    const block = reuse(bytes);
    if (block != 0) return block;
  }
  const block = top();
  return reach(block + bytes) ? block : 0;
}

/** Takes a released block of that size, or the end of a larger one; 0 where there is none. */
function reuse(bytes: usize): usize {
  let list = FIRST_LARGE;
  if (bytes > SMALL_MAX) {
    // Rounded up: every block of that list is long enough.
    list += LOG_OF_LIST + <usize>(32 - clz<u32>(<u32>bytes - 1));
  } else if ((filled >> ((bytes >> 4) - 1)) & 1) {
    return pop((bytes >> 4) - 1);
  }
  const rest = filled >> list;
  if (rest == 0) return 0;
  list += <usize>ctz(rest);
  const block = <usize>load<u32>(HEADS + (list << 2));
  const left = <usize>load<u32>(block, 4) - bytes;
  if (left >> (list - FIRST_LARGE - LOG_OF_LIST) != 0) {
    store<u32>(block, <u32>left, 4);
  } else {
    pop(list);
    if (left > 0) releaseBlock(block, left);
  }
  return block + left;
}

function pop(list: usize): usize {
  const head = HEADS + (list << 2);
  const block = <usize>load<u32>(head);
  const next = load<u32>(block);
  store<u32>(head, next);
  if (next == 0) filled &= ~(<u64>1 << list);
  return block;
}

/** Releases a block of `bytes` that nothing refers to any more. The module's constants stay. */
export function releaseBlock(block: usize, bytes: usize): void {
  if (block < base()) return;
  if (block + bytes == top()) {
    used -= bytes;
    return;
  }
  const list = bytes <= SMALL_MAX ? (bytes >> 4) - 1 : FIRST_LARGE + LOG_OF_LIST + <usize>(31 - clz<u32>(<u32>bytes));
  const head = HEADS + (list << 2);
  store<u32>(block, load<u32>(head));
  store<u32>(block, <u32>bytes, 4);
  store<u32>(head, <u32>block);
  filled |= <u64>1 << list;
}

// @ts-ignore: decorator
@global @unsafe
export function __new(size: usize, id: u32): usize {
  const block = size > SIZE_MAX ? 0 : takeBlock(blockBytes(HEADER, size));
  if (block == 0) outOfMemory(size);
  store<u32>(block, id);
  store<u32>(block, <u32>size, 4);
  return block + HEADER;
}

/** Releases an object that nothing refers to any more. */
export function releaseObject(object: usize): void {
  releaseBlock(object - HEADER, blockBytes(HEADER, load<u32>(object - 4)));
}

// @ts-ignore: decorator
@global @unsafe
export function __renew(object: usize, size: usize): usize {
  const block = object - HEADER;
  const before = <usize>load<u32>(block, 4);
  const bytes = blockBytes(HEADER, before);
  if (size <= SIZE_MAX) {
    const wanted = blockBytes(HEADER, size);
    if (bytes == wanted || (isNewest(block, bytes) && resizeNewest(block, wanted))) {
      store<u32>(block, <u32>size, 4);
      return object;
    }
    if (size <= before) {
      store<u32>(block, <u32>size, 4);
      releaseBlock(block + wanted, bytes - wanted);
      return object;
    }
  }
  const moved = __new(size, load<u32>(block));
  memory.copy(moved, object, before);
  releaseBlock(block, bytes);
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
export function __free(block: usize): void {
  releaseObject(block);
}

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
