/** Bytes of the largest input that is shown. */
export const INPUT_SHOWN = 256 * 1024;
