/**
 * Sends a notification. It may fail only because the client is gone; then there is nobody to report
 * to but the log.
 */
export function send(sent: Promise<unknown>, log: (text: string) => void): void {
  sent.catch((error: unknown) => log(error instanceof Error ? error.message : String(error)));
}
