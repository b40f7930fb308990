/**
 * Joins words as a sentence lists them: `a, b and c`.
 *
 * @param most words that are named; the others are counted: `a, b and 4 more`
 */
export function wordList(words: readonly string[], most = Number.POSITIVE_INFINITY): string {
  const more = words.length - most;
  // Made when it is used: few processes ever list anything.
  return new Intl.ListFormat('en-GB').format(more > 0 ? [...words.slice(0, most), `${more} more`] : words);
}
