/**
 * The flags of Node for the language server. Its heap is for open texts and findings; compilers
 * have a thread with bounds of its own.
 */
export const SERVER_FLAGS: readonly string[] = ['--max-old-space-size=512'];
