// StartupError: ends the start with one line for the operator instead of a stack trace.

export class StartupError extends Error {
  override name = 'StartupError';
}

/** Exits with 1; prints one line for a StartupError, the stack trace for anything else. */
export function exitWithError(error: unknown): never {
  const { message, stack } = error as Error;
  const isExpected = error instanceof StartupError;
  // PostgreSQL's messages may span lines.
  console.error(`private-messages: ${isExpected ? message.replaceAll(/\s*\n\s*/g, ' ') : stack}`);
  process.exit(1);
}
