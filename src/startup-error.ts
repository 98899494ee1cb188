// The one kind of error that ends a start with a sentence for the operator instead of a stack trace.

export class StartupError extends Error {
  override name = 'StartupError';
}

/** Ends the process: with one line where the operator can help, with a stack trace where it is a bug. */
export function exitWithError(error: unknown): never {
  const { message, stack } = error as Error;
  const isExpected = error instanceof StartupError;
  // PostgreSQL's words may come on several lines.
  console.error(`private-messages: ${isExpected ? message.replaceAll(/\s*\n\s*/g, ' ') : stack}`);
  process.exit(1);
}
