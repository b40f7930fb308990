/** Takes text in pieces, and gives it on in whole lines. */
export interface LineTaker {
  add(text: string): void;
  /** Gives on what is left when nothing more comes. */
  end(): void;
}

/** Makes pieces of text, each of which may end inside a line, into lines without their ends. */
export function wholeLines(take: (line: string) => void): LineTaker {
  let rest = '';
  return {
    add: (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) take(line);
    },
    end: () => {
      if (rest !== '') take(rest);
      rest = '';
    },
  };
}
