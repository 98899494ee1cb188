// "Did you mean": people the owner may know, for names that nobody here has.
import type { Config } from '../../config.ts';
import type { Database } from '../../database/pool.ts';
import { nameKey } from '../../display-names.ts';
import { highestId } from '../../ids.ts';
import { maxUsernameLength } from '../../usernames.ts';
import { findMembers, listContactsBefore, type Member } from './queries.ts';

export const maxContacts = 100;
/** Of the directory, for each name: those whose username begins with its first two letters. */
const maxMembers = 100;
const maxNames = 3;

/** The latest, without those who have left. */
export async function listKnown(db: Database, ownerId: string): Promise<Member[]> {
  const contacts = await listContactsBefore(db, ownerId, highestId, maxContacts);
  return contacts.flatMap(({ other, displayName }) => (other ? [{ username: other, displayName }] : []));
}

export interface Suggestion extends Member {
  /** The names that this person replaces. */
  wrong: string[];
}

/** Reveals no name that the person could not see otherwise: only contacts, and the directory if there is one. */
export async function suggest(
  db: Database,
  { directory }: Pick<Config, 'directory'>,
  contacts: Member[],
  names: string[],
): Promise<Suggestion[]> {
  const suggestions = new Map<string, Suggestion>();
  for (const name of names.filter(({ length }) => length <= maxUsernameLength).slice(0, maxNames)) {
    const key = nameKey(name);
    const members =
      directory === 'members'
        ? await findMembers(db, name.slice(0, 2), key, { username: '' }, maxMembers)
        : [];
    const meant = nearestOf([...contacts, ...members], name, key);
    if (!meant) continue;
    const { username, displayName } = meant;
    const { wrong = [] } = suggestions.get(username) ?? {};
    suggestions.set(username, { username, displayName, wrong: [...wrong, name] });
  }
  return [...suggestions.values()];
}

/** Contacts first where several are as near. */
function nearestOf(people: Member[], name: string, key: string): Member | undefined {
  let nearest: Member | undefined;
  let least = name.length <= 4 ? 2 : 3;
  for (const person of people) {
    const distance = isNamed(person, key) ? 0.5 : distanceOf(name, person.username);
    if (distance < least) [nearest, least] = [person, distance];
  }
  return nearest;
}

/** Whether it is a word of the display name, or its beginning. */
function isNamed({ displayName }: Member, key: string): boolean {
  const words = displayName ? nameKey(displayName).split(/[\s’'-]+/) : [];
  return words.some((word) => word === key || (key.length >= 3 && word.startsWith(key)));
}

/** How many letters to add, remove, replace or exchange with the next one (optimal string alignment). */
export function distanceOf(one: string, other: string): number {
  if (Math.abs(one.length - other.length) > 2) return Infinity;
  const rows = [Array.from({ length: other.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= one.length; i += 1) {
    const [above, row] = [rows[i - 1]!, [i]];
    for (let j = 1; j <= other.length; j += 1) {
      const isSame = one[i - 1] === other[j - 1];
      row[j] = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + (isSame ? 0 : 1));
      const isSwapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      if (isSwapped) row[j] = Math.min(row[j]!, rows[i - 2]![j - 2]! + 1);
    }
    rows.push(row);
  }
  return rows[one.length]![other.length]!;
}
