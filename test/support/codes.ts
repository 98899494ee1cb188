// Makes recovery codes as a user does.
import type { Answer, Person } from './person.ts';

/** Makes ten new codes on the page that is for it. */
export async function makeCodes(person: Person): Promise<string[]> {
  const answer = await person.submit('/account/recovery-codes');
  const codes = codesOn(answer);
  if (codes.length !== 10) throw new Error(`${person.username} got no codes: ${answer.status}`);
  return codes;
}

export function codesOn({ $ }: Answer): string[] {
  return $('.codes code').toArray().map((code) => $(code).text()); // prettier-ignore
}
