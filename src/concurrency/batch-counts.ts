// Counts batches and what they held, for the metrics.

const counts = {
  'bulk changes': { batches: 0, items: 0 }, // rows, as when the trash is emptied
  notifications: { batches: 0, items: 0 }, // changed mailboxes
};

export function countBatch(kind: keyof typeof counts, items: number): void {
  counts[kind].batches += 1;
  counts[kind].items += items;
}

export function batchCounts(): { kind: string; batches: number; items: number }[] {
  return Object.entries(counts).map(([kind, count]) => ({ kind, ...count }));
}
