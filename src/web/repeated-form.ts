// Repeats a form on another page, with the fields it came with.

/** All fields but the token, and those that are left out. */
export function fieldsOf(body: unknown, ...leftOut: string[]): [name: string, value: string][] {
  const fields = Object.entries((body ?? {}) as Record<string, string | string[]>);
  return fields
    .filter(([name]) => name !== '_csrf' && !leftOut.includes(name))
    .flatMap(([name, values]) => [values].flat().map((value): [string, string] => [name, value]));
}
