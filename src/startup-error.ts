// The one kind of error that ends a start with a sentence for the operator instead of a stack trace.

export class StartupError extends Error {
  override name = 'StartupError';
}
