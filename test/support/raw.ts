// A client that sends bytes no library would send.
import { connect, type Socket } from 'node:net';

export interface RawConnection {
  write(bytes: string): void;
  /** Everything the server has said, and after how many milliseconds it hung up. */
  ended: Promise<{ text: string; ms: number }>;
  close(): void;
}

/** Opens a connection to this machine and says the first words. */
export async function speak(port: number, words: string): Promise<RawConnection> {
  const startedAt = performance.now();
  const socket: Socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (data: Buffer) => (text += String(data)));
  socket.on('error', () => {}); // a reset is one way to be cut off
  const ended = new Promise<{ text: string; ms: number }>((resolve) =>
    socket.on('close', () => resolve({ text, ms: performance.now() - startedAt })),
  );
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  socket.write(words);
  return { write: (bytes) => void socket.write(bytes), ended, close: () => void socket.destroy() };
}
