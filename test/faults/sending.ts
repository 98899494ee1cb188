// Users who send messages and submit the same form again when asked to retry.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, Reply } from './client.ts';
import type { Ledger, Message } from './ledger.ts';
import type { Site } from './site.ts';

export interface Sending {
  /** As long as it returns true, another message is started. */
  goesOn: () => boolean;
  senders: number;
  /** What else may be known about an answer that was not "sent". */
  onRefusal?: (reply: Reply, message: Message) => void;
}

const pauseMs = 100;
const givesUpAfterMs = 120_000;

/** Returns, when all is sent or given up, what was not as it must be. */
export async function sendMessages(site: Site, ledger: Ledger, sending: Sending): Promise<string[]> {
  const wrong: string[] = [];
  const work = async (index: number) => {
    const client = site.client(index);
    try {
      const to = site.people[(index + 1) % site.people.length]!;
      while (sending.goesOn())
        await deliver(client, ledger, ledger.intend(client.person, to), sending, wrong);
    } catch (error) {
      wrong.push((error as Error).message);
    } finally {
      client.close();
    }
  };
  await Promise.all(Array.from({ length: sending.senders }, (_, index) => work(index)));
  return wrong;
}

/** One message, until somebody says that it was sent. */
async function deliver(
  client: Client,
  ledger: Ledger,
  message: Message,
  { onRefusal }: Sending,
  wrong: string[],
): Promise<void> {
  const deadline = Date.now() + givesUpAfterMs;
  for (;;) {
    const reply = await press(client, message);
    if (message.isAnswered) return;
    onRefusal?.(reply, message);
    const fault = faultOf(reply, `${ledger.tag}-${message.number}`);
    if (fault) wrong.push(fault);
    if (Date.now() > deadline)
      return void wrong.push(`message ${message.number} was not accepted for two minutes`);
    await sleep(pauseMs);
  }
}

/** Presses Send once. */
export async function press(client: Client, message: Message): Promise<Reply> {
  message.tries += 1;
  const fields = { recipient: message.to.username, body: message.body, key: message.key };
  let token: string;
  try {
    token = await client.token();
  } catch {
    return { status: 0, headers: {}, text: '', ms: 0 }; // the form itself was not to be had
  }
  const reply = await client.post('/send', { _csrf: token, ...fields });
  if (reply.status === 303 && reply.headers.location === '/inbox') message.isAnswered = true;
  return reply;
}

/** What a refusal of the app or of nginx lacks. A killed process gives no answer (0). */
function faultOf({ status, headers, text }: Reply, words: string): string | undefined {
  if (status === 0 || status === 502 || status === 504) return undefined;
  if (status !== 503) return `an answer ${status}`;
  if (!Number(headers['retry-after'])) return 'a 503 without Retry-After';
  return text.includes(words) ? undefined : 'a 503 that kept the words';
}
