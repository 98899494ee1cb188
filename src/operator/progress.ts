// Shows progress in one line of the terminal, and nothing elsewhere.

export interface Progress {
  show(words: string): void;
  close(): void;
}

const everyMs = 200;

export function openProgress(terminal = process.stderr): Progress {
  let shownAt = 0;
  return {
    show(words) {
      if (!terminal.isTTY || performance.now() < shownAt + everyMs) return;
      shownAt = performance.now();
      terminal.write(`\r\u001B[K${words}`);
    },
    close() {
      if (shownAt > 0) terminal.write('\r\u001B[K');
    },
  };
}
