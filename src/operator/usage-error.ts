// A command that nobody can have meant: the one kind of error that ends with 2, as is the custom of shells.

export class UsageError extends Error {
  override name = 'UsageError';
}
