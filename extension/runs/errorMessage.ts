import type { RunError } from '../../daemons/wire/runError.ts';
import { errorWord } from './errorWord.ts';

/**
 * The message of a run's error beside its word. The message of a cancel begins with its code, which
 * the word repeats.
 */
export function errorMessage(error: RunError): string {
  const word = errorWord(error);
  const { message } = error;
  return message.toLowerCase().startsWith(word) ? message.slice(word.length).replace(/^:\s*/, '') : message;
}
