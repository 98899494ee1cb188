// The questions before what cannot be undone, asked by a page or by a script's dialog.
export const questions = {
  unsend:
    'Take this message back? If it has not been opened, it disappears for both of you; if it has, you will see that.',
  delete: 'Delete this message permanently? It cannot be restored.',
  discard: 'Discard this draft? It cannot be restored.',
};

export function askToDelete(count: number): string {
  return count === 1 ? questions.delete : `Delete ${count} messages permanently? They cannot be restored.`;
}
