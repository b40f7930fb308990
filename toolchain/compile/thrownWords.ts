/**
 * Describes in words a value that a compiler threw. Binaryen, its back end, throws C++ exceptions:
 * objects that are no errors and hold an address without words.
 */
export function thrownWords(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message === '' ? thrown.name : thrown.message;
  if (typeof thrown !== 'object' || thrown === null) return String(thrown);
  const { message, name } = thrown as { message?: unknown; name?: unknown };
  if (typeof message === 'string' && message !== '') return message;
  const values = Object.values(thrown);
  if (values.length === 1 && typeof values[0] === 'number')
    return 'Binaryen, which makes the code, threw a C++ exception without words. A function that needs itself before it is compiled does that, such as a parameter whose default calls its own function';
  const kind = typeof name === 'string' ? name : (Object.getPrototypeOf(thrown)?.constructor?.name ?? 'object');
  return `it threw a ${kind} that says nothing`;
}
