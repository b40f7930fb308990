/** Modules written byte by byte, for those that no assembler would make. */
export type Bytes = ReadonlyArray<number | ReadonlyArray<number>>;

export const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

export function u32(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return [...bytes, rest];
}

export function text(value: string): number[] {
  const bytes = [...new TextEncoder().encode(value)];
  return [...u32(bytes.length), ...bytes];
}

/** A section, or anything else that is led by its size. */
export function section(id: number, ...content: Bytes): number[] {
  const bytes = content.flat();
  return [id, ...u32(bytes.length), ...bytes];
}

export function wasmModule(...sections: Bytes): Uint8Array {
  return Uint8Array.from([...HEADER, ...sections.flat()]);
}

/** Type section with `() -> ()` alone. */
export const VOID_TYPE = section(1, [1, 0x60, 0, 0]);

/**
 * One function of type 0 whose body is `code`, `end` not included, after the other sections (all
 * with ids below 10).
 */
export function withBody(
  code: Bytes,
  options: { locals?: Bytes; before?: Bytes; types?: number[]; count?: number } = {},
): Uint8Array {
  const body = [...(options.locals ?? [0]).flat(), ...code.flat(), 0x0b];
  return wasmModule(
    options.types ?? VOID_TYPE,
    section(3, [1, 0]),
    (options.before ?? []).flat(),
    section(10, [1], u32(body.length), body),
  );
}
