// UsageError: an invalid command line, which exits with 2 by shell convention.

export class UsageError extends Error {
  override name = 'UsageError';
}
