/** The names of the languages of tasklets, as a picker shows them. */
export const LANGUAGE_NAMES = { assemblyscript: 'AssemblyScript', rust: 'Rust', wat: 'WebAssembly text' } as const;
