// Reads a whole list in pages, so that no statement takes long.

const pageSize = 1000;

/** `read` takes the last row so far, undefined at first, and returns up to `limit` rows behind it. */
export async function readAll<Row>(
  read: (last: Row | undefined, limit: number) => Promise<Row[]>,
): Promise<Row[]> {
  const all: Row[] = [];
  for (;;) {
    const rows = await read(all.at(-1), pageSize);
    all.push(...rows);
    if (rows.length < pageSize) return all;
  }
}
