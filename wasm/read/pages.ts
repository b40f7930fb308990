/** Bytes of a page, in which linear memory counts (WebAssembly, section 4.2.8). */
export const PAGE_BYTES = 65_536;

/** Pages of the largest linear memory: 4 GiB. */
export const PAGES_MAX = 65_536;
