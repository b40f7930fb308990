import { fileURLToPath, pathToFileURL } from 'node:url';

/** The absolute path of a `file:` URI, or null for every other scheme and for what is no URI. */
export function pathOfUri(uri: string): string | null {
  if (!uri.startsWith('file:')) return null;
  try {
    const path = fileURLToPath(uri);
    // Editors write the drive as `c%3A`; Node answers with the case that was given.
    return process.platform === 'win32' ? path.charAt(0).toUpperCase() + path.slice(1) : path;
  } catch {
    return null;
  }
}

export function uriOfPath(path: string): string {
  return pathToFileURL(path).href;
}
