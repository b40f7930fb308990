import { neutralText } from '../../base/text/neutralText.ts';

/**
 * One line a fact, whatever the text, on stderr, which the stack turns into the daemon's log file.
 * Never give it a key, a token or a bearer.
 */
export interface DaemonLog {
  info(text: string): void;
  warn(text: string): void;
  error(text: string): void;
}

export function daemonLog(name: string): DaemonLog {
  const line = (level: string) => (text: string) => {
    process.stderr.write(`${new Date().toISOString()} ${level} ${name} ${neutralText(text)}\n`);
  };
  return { info: line('info'), warn: line('warn'), error: line('error') };
}
