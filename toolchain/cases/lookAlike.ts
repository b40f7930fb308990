/** Says whether two different lines can look the same to a reader. */
export function lookAlike(left: string, right: string): boolean {
  return left !== right && seen(left) === seen(right);
}

/** The line with every character written out that is no plain one, and the blanks at its end. */
export function writtenOut(line: string): string {
  const escaped = (character: string) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  return line.replace(/[^\x20-\x7e]| +$/gu, (characters) => [...characters].map(escaped).join(''));
}

/** The line as a reader sees it: composed letters, and one blank for each kind of space. */
function seen(line: string): string {
  return line
    .normalize('NFKC')
    .replaceAll(/(?!\s)[\p{Cc}\p{Cf}]/gu, '')
    .replaceAll(/\s+/gu, ' ')
    .trimEnd();
}
