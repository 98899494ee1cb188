// Reads the inbox as its page shows it.
import type { Answer, Person } from './person.ts';

export interface Shown {
  sender: string;
  body: string;
}

/** The messages on a page, in their order. */
export function messagesOn({ $ }: Answer): Shown[] {
  return $('.messages > li')
    .toArray()
    .map((row) => ({ sender: $(row).find('h2').text().trim(), body: $(row).find('.text').text() }));
}

/** The newest message somebody received. */
export async function newestOf(person: Person): Promise<Shown | undefined> {
  return messagesOn(await person.get('/inbox'))[0];
}

/** The address of the form that deletes the message with this text. */
export function deletionOf({ $ }: Answer, body: string): string {
  const row = $('.messages > li').filter((_, item) => $(item).find('.text').text() === body);
  return row.find('form[action$="/delete"]').attr('action')!;
}
