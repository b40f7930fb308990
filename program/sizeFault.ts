import { parseSize, sizeText } from './size.ts';

/**
 * Says what is wrong with a text that `parseSize` refuses, and which size was meant.
 *
 * @param of words after "size" in the sentence, such as ` for mem`; none unless given
 * @returns a sentence, and the size that was meant; null where no size can be guessed
 */
export function sizeFault(text: string, of = ''): { why: string; better: string | null } {
  const decimal = /^\s*(\d+)\s*([kmg])b\s*$/i.exec(text);
  if (decimal?.[1] !== undefined && decimal[2] !== undefined) {
    const why = `"${text}" could mean powers of 1000 or of 1024; grafOS counts in powers of 1024.`;
    return { why, better: `${decimal[1]}${decimal[2].toUpperCase()}iB` };
  }
  const fraction = /^\s*(\d+\.\d+)\s*([kmg])(?:i?b)?\s*$/i.exec(text);
  if (fraction?.[1] !== undefined && fraction[2] !== undefined) {
    const bytes = Math.round(Number(fraction[1]) * (parseSize(`1${fraction[2]}`) ?? 0));
    const why = `"${text}" is no size${of}: sizes are whole numbers.`;
    return { why, better: Number.isSafeInteger(bytes) ? sizeText(bytes) : null };
  }
  return { why: `"${text}" is no size${of}.`, better: null };
}
