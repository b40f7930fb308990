const GROUP = '\u202f';

/**
 * 1 204 — grouped by a narrow space that does not break.
 *
 * @param {number} count
 */
export function formatCount(count) {
  return String(count).replace(/\B(?=(\d{3})+(?!\d))/g, GROUP);
}

/** @param {number} bytes */
export function formatSize(bytes) {
  if (bytes < 1024) return bytes === 1 ? '1 byte' : `${bytes} bytes`;
  const isLarge = bytes >= 1024 ** 2;
  const unit = isLarge ? 'MiB' : 'KiB';
  const amount = bytes / (isLarge ? 1024 ** 2 : 1024);
  return `${Number.isInteger(amount) ? amount : amount.toFixed(1)} ${unit}`;
}

/** @param {number} microseconds */
export function formatDuration(microseconds) {
  if (microseconds < 1_000) return `${microseconds} µs`;
  if (microseconds < 1_000_000) return `${(microseconds / 1_000).toFixed(microseconds < 100_000 ? 1 : 0)} ms`;
  if (microseconds < 60_000_000) return `${(microseconds / 1_000_000).toFixed(2)} s`;
  const seconds = Math.round(microseconds / 1_000_000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/**
 * Time since `rfc3339` in whole seconds, as of a run under way.
 *
 * @param {string} rfc3339
 */
export function formatElapsed(rfc3339) {
  const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(rfc3339)) / 1_000));
  return seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1_000_000);
}

/**
 * Clock time today, with the date otherwise.
 *
 * @param {string} rfc3339
 */
export function formatTime(rfc3339, { seconds = true } = {}) {
  const at = new Date(rfc3339);
  const two = (/** @type {number} */ value) => String(value).padStart(2, '0');
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}${seconds ? `:${two(at.getSeconds())}` : ''}`;
  if (at.toDateString() === new Date().toDateString()) return clock;
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${clock.slice(0, 5)}`;
}

/**
 * The label machines match: the tasklet's own where it gave one.
 *
 * @param {{ code: string, label?: string | null }} error
 */
export function errorLabel(error) {
  return error.label ?? error.code;
}
