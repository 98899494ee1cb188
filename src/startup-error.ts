// StartupError: ends the start with one line for the operator instead of a stack trace.

export class StartupError extends Error {
  override name = 'StartupError';
}

/** One line for a StartupError, the stack trace for anything else. */
export function describeError(error: unknown): string {
  const { message, stack } = error as Error;
  const isExpected = error instanceof StartupError;
  // PostgreSQL's messages may span lines.
  return `private-messages: ${isExpected ? message.replaceAll(/\s*\n\s*/g, ' ') : stack}`;
}

export function exitWithError(error: unknown): never {
  console.error(describeError(error));
  process.exit(1);
}
