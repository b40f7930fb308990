/** A taker of text in pieces. */
interface LineTaker {
  add(text: string): void;
  /** Ends the last line, which had no end yet. */
  end(): void;
}

/** Joins pieces of text into lines. `take` gets each line without its end. */
export function createWholeLines(take: (line: string) => void): LineTaker {
  // Joined once a line ends: many small pieces of one line are not copied again for each of them.
  let begun: string[] = [];
  return {
    add: (text) => {
      const [first = '', ...more] = text.split('\n');
      begun.push(first);
      for (const next of more) {
        take(begun.join(''));
        begun = [next];
      }
    },
    end: () => {
      const rest = begun.join('');
      begun = [];
      if (rest !== '') take(rest);
    },
  };
}
