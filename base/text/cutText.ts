/**
 * Cuts a long text and marks the cut with `…`. A character is never cut in two.
 *
 * @param most UTF-16 units, of the result without the mark
 */
export function cutText(text: string, most: number): string {
  if (text.length <= most) return text;
  const kept = text.slice(0, most);
  return `${kept.isWellFormed() ? kept : kept.replace(/[\ud800-\udbff]$/, '')}…`;
}
