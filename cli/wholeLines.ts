/** Takes text in pieces, and gives it on in whole lines. */
export interface LineTaker {
  add(text: string): void;
  /** Gives on what is left when nothing more comes. */
  end(): void;
}

/** Makes pieces of text, each of which may end inside a line, into lines without their ends. */
export function wholeLines(take: (line: string) => void): LineTaker {
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
