/**
 * The functions that the build puts in place of string concatenation
 * (toolchain/compile/growText.ts). Not for authors.
 *
 * A *growing* string is one that `+=` made. Only the variable, field or global of that `+=` refers
 * to it, so the next `+=` may write behind it. Before anything else sees the string it is *shared*,
 * and then it never changes. It lies 8 bytes past a multiple of 16, every other object at a
 * multiple of 16. Two words lie before its header: its room and its state.
 */
import { outOfMemory } from "./outOfMemory";
import { blockBytes, isNewest, releaseBlock, releaseObject, resizeNewest, takeBlock } from "./runtime";

// @ts-ignore: decorator
@inline const HEADER: usize = 8;
// @ts-ignore: decorator
@inline const GROWING_HEADER: usize = 16;
// @ts-ignore: decorator
@inline const GROWING: usize = 8;
/** The states are unlikely as text, so that a stray pointer is not taken for a growing string. */
// @ts-ignore: decorator
@inline const OWNED: u32 = 0xa5c3f00d;
// @ts-ignore: decorator
@inline const TAKEN: u32 = 0xa5c3f11d;
// @ts-ignore: decorator
@inline const FIRST_BYTES: usize = 64;
/** From here on a string gets a quarter more room at a time rather than twice as much. */
// @ts-ignore: decorator
@inline const LARGE: usize = 1 << 20;
// @ts-ignore: decorator
@inline const SIZE_MAX: usize = 1 << 30;

// @ts-ignore: decorator
@inline
function sizeOf(text: usize): usize {
  return load<u32>(text - 4);
}

/**
 * Reads the target of `+=`. The pointer to a string that may grow comes back with its low bit set.
 * The string is marked until {@link append}, so that the right side copies or shares it meanwhile.
 */
export function take(text: usize): usize {
  if (!(text & GROWING) || load<u32>(text - 12) != OWNED) return text;
  store<u32>(text - 12, TAKEN);
  return text | 1;
}

/** Ends the growth of a string before anything else sees it, and releases its unused room. */
export function share(text: usize): usize {
  if (!(text & GROWING)) return text;
  const state = load<u32>(text - 12);
  if (state != OWNED && state != TAKEN) return text;
  store<u32>(text - 12, 0);
  const bytes = blockBytes(GROWING_HEADER, sizeOf(text));
  const left = <usize>load<u32>(text - 16) - bytes;
  if (left > 0) releaseBlock(text - GROWING_HEADER + bytes, left);
  return text;
}

/** Returns `text`, the next value of a variable, and releases `before` if it is growing. */
export function replace(text: usize, before: usize): usize {
  if (before & GROWING && load<u32>(before - 12) == OWNED) {
    releaseBlock(before - GROWING_HEADER, load<u32>(before - 16));
  }
  return text;
}

/** Returns a growing string of `taken` and `more`: `taken` itself where {@link take} allowed it. */
export function append(taken: usize, more: usize): usize {
  const text = taken & ~1;
  const before = sizeOf(text);
  const added = sizeOf(more);
  const size = before + added;
  if (!(taken & 1) || load<u32>(text - 12) != TAKEN) {
    const made = newGrowing(size);
    memory.copy(made, text, before);
    memory.copy(made + before, more, added);
    return made;
  }
  const room = <usize>load<u32>(text - 16);
  let grown = text;
  if (size > room - GROWING_HEADER) grown = enlarge(text, room, size);
  memory.copy(grown + before, more, added);
  store<u32>(grown - 12, OWNED);
  store<u32>(grown - 4, <u32>size);
  return grown;
}

/** As {@link append}, where nothing else refers to `more`. */
export function appendTemporary(taken: usize, more: usize): usize {
  const grown = append(taken, more);
  releaseObject(more);
  return grown;
}

/** Concatenates, where nothing else refers to `right`. If its block is the newest, it moves up. */
export function concatTemporary(left: usize, right: usize): usize {
  const size = sizeOf(right);
  const block = right - HEADER;
  const added = sizeOf(left);
  if (isNewest(block, blockBytes(HEADER, size)) && resizeNewest(block, blockBytes(HEADER, size + added))) {
    memory.copy(right + added, right, size);
    memory.copy(right, left, added);
    store<u32>(right - 4, <u32>(size + added));
    return right;
  }
  const made = changetype<usize>(changetype<string>(left).concat(changetype<string>(right)));
  releaseObject(right);
  return made;
}

/** Appends to `text`, to which nothing else refers. */
export function extend(text: usize, more: usize): usize {
  const before = sizeOf(text);
  const bytes = blockBytes(HEADER, before);
  const block = text - HEADER;
  const added = sizeOf(more);
  if (!isNewest(block, bytes) || !resizeNewest(block, blockBytes(HEADER, before + added))) {
    const made = changetype<usize>(changetype<string>(text).concat(changetype<string>(more)));
    releaseObject(text);
    return made;
  }
  memory.copy(text + before, more, added);
  store<u32>(text - 4, <u32>(before + added));
  return text;
}

/** As {@link extend}, where nothing else refers to `more` either. */
export function extendTemporary(text: usize, more: usize): usize {
  const made = extend(text, more);
  releaseObject(more);
  return made;
}

/** Returns the block bytes for a growing string of `size` bytes with room for more. */
function roomFor(size: usize): usize {
  const bytes = GROWING_HEADER + size;
  if (bytes <= FIRST_BYTES) return FIRST_BYTES;
  return bytes >= LARGE ? blockBytes(0, bytes + (bytes >> 2)) : 1 << (32 - <usize>clz<u32>(<u32>bytes - 1));
}

function newGrowing(size: usize): usize {
  if (size > SIZE_MAX) outOfMemory(size);
  let bytes = roomFor(size);
  let block = takeBlock(bytes);
  if (block == 0) {
    bytes = blockBytes(GROWING_HEADER, size);
    block = takeBlock(bytes);
    if (block == 0) outOfMemory(bytes);
  }
  store<u32>(block, <u32>bytes);
  store<u32>(block, OWNED, 4);
  store<u32>(block, idof<string>(), 8);
  store<u32>(block, <u32>size, 12);
  return block + GROWING_HEADER;
}

/** Gives a growing string more room, in place if its block is the newest. */
function enlarge(text: usize, room: usize, size: usize): usize {
  const block = text - GROWING_HEADER;
  if (isNewest(block, room) && size <= SIZE_MAX) {
    let bytes = roomFor(size);
    if (!resizeNewest(block, bytes)) {
      bytes = blockBytes(GROWING_HEADER, size);
      if (!resizeNewest(block, bytes)) outOfMemory(bytes);
    }
    store<u32>(block, <u32>bytes);
    return text;
  }
  const moved = newGrowing(size);
  memory.copy(moved, text, sizeOf(text));
  releaseBlock(block, room);
  return moved;
}

/** `Array<string>#join`, in one allocation. */
export function joinArray(array: Array<string>, separator: string): string {
  return join(array.dataStart, array.length, separator);
}

/** `StaticArray<string>#join`, which is also how the compiler makes a template string. */
export function joinStaticArray(array: StaticArray<string>, separator: string): string {
  return join(changetype<usize>(array), array.length, separator);
}

function join(strings: usize, count: i32, separator: string): string {
  if (count == 0) return "";
  const gap = sizeOf(changetype<usize>(separator));
  const end = strings + (<usize>count << 2);
  let size: u64 = <u64>gap * <u64>(count - 1);
  for (let place = strings; place < end; place += 4) {
    const text = <usize>load<u32>(place);
    if (text != 0) size += sizeOf(text);
  }
  if (size == 0) return "";
  const made = __new(<usize>min<u64>(size, u32.MAX_VALUE), idof<string>());
  let to = made;
  for (let place = strings; place < end; place += 4) {
    if (gap > 0 && place > strings) {
      memory.copy(to, changetype<usize>(separator), gap);
      to += gap;
    }
    const text = <usize>load<u32>(place);
    if (text == 0) continue;
    memory.copy(to, text, sizeOf(text));
    to += sizeOf(text);
  }
  return changetype<string>(made);
}
