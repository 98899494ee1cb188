// The neighbours of a message that was opened from a search, and the link back.
import type { Database } from '../../database/pool.ts';
import { searchAfter, searchBefore, type FoundRow } from './queries.ts';
import { maxSearchLength, readSearch } from './search-words.ts';

export interface Around {
  newer: string | undefined;
  older: string | undefined;
  list: string;
  listName: string;
}

export async function aroundInSearch(
  db: Database,
  ownerId: string,
  q: unknown,
  id: string,
  timeZone: string,
): Promise<Around | undefined> {
  const search = typeof q === 'string' && q.length <= maxSearchLength ? readSearch(q, timeZone) : undefined;
  if (!search) return undefined;
  const query = `?${new URLSearchParams({ q: q as string }).toString()}`;
  const address = (row: FoundRow | undefined) =>
    row && `${row.isTrashed ? '/trash' : '/messages'}/${row.id}${query}`;
  const [newer] = await searchAfter(db, ownerId, search, id, 1);
  const [older] = await searchBefore(db, ownerId, search, id, 1);
  return { newer: address(newer), older: address(older), list: `/search${query}`, listName: 'the search' };
}
