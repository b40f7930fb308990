/**
 * The flags of Node that the language server is started with. Its heap is for open texts and findings; what compiles has a thread with bounds of its
 * own.
 */
export const SERVER_FLAGS: readonly string[] = ['--max-old-space-size=512'];
