// Reads the inbox page.
import type { Answer, Person } from './person.ts';

export interface Shown {
  sender: string;
  body: string;
}

/** The name in a row, without its "New". */
export function senderOf(row: ReturnType<Answer['$']>): string {
  return row.find('h2 a').clone().find('.new').remove().end().text().trim();
}

/** The messages on a page, in their order; of long ones the beginning. */
export function messagesOn({ $ }: Answer): Shown[] {
  return $('.messages > li')
    .toArray()
    .map((row) => ({ sender: senderOf($(row)), body: $(row).find('.excerpt').text() }));
}

/** The newest message somebody received, opened. */
export async function newestOf(person: Person): Promise<Shown | undefined> {
  const inbox = await person.get('/inbox');
  const row = inbox.$('.messages > li').first();
  const address = row.find('h2 a').attr('href');
  if (!address) return undefined;
  const { $ } = await person.get(address);
  return { sender: senderOf(row), body: $('.text').text() };
}

/** The address of the form that deletes the message with this text. */
export function deletionOf({ $ }: Answer, body: string): string {
  const row = $('.messages > li').filter((_, item) => $(item).find('.excerpt').text() === body);
  return row.find('[formaction$="/delete"]').attr('formaction')!;
}
