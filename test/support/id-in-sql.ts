// A message id in SQL, for tests that fill mailboxes with one statement.

/** A UUID of version 7 (RFC 9562) of this many milliseconds, told apart by a number; both are SQL. */
export function idInSql(milliseconds: string, number: string): string {
  return `(lpad(to_hex((${milliseconds})::bigint), 12, '0') || '70008000' || lpad(to_hex(${number}), 12, '0'))::uuid`;
}
