/** A place in source code where a run was when it failed. */
export interface Place {
  /** Name of the function; null where nothing gives it one. */
  function: string | null;
  /**
   * Path relative to the program with `/`, or a library's name in the map (`~lib/array.ts`); null
   * when unknown.
   */
  file: string | null;
  /** From 1; null when unknown. */
  line: number | null;
  /** From 1, in UTF-16 units; null when unknown. */
  column: number | null;
  /** The file belongs to the program, and to no package or library that it uses. */
  own: boolean;
  /** Text of the line, without the blanks around it; null without the source that was built. */
  excerpt: string | null;
  /**
   * File, line and column are those of the function's head: where in the function it was is not
   * known.
   */
  begins?: true;
  /** The reason why nothing of this place is known; everything else is null then. */
  left_out?: LinesLeftOut;
}

/** The reason why no lines are known although the module has a source map. */
export interface LinesLeftOut {
  code: 'source_map_too_large';
  /** One sentence for people. */
  message: string;
  next: string;
}
