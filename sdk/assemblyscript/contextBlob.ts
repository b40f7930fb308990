/** The blob that holds the init context, as the entry point was given it. */
export let contextHandle: i32 = 0;
export let contextLength: i32 = 0;

export function setContext(handle: i32, length: i32): void {
  contextHandle = handle;
  contextLength = length;
}
