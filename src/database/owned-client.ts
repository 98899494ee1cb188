// A pg client that sets the owner for row-level security (owner.ts) in the same round trip as the statement.
import { AsyncLocalStorage } from 'node:async_hooks';
import pg from 'pg';
import { currentOwner } from './owner.ts';

/** Returns no row, which pg would add to the result of the statement. */
const setOwner = {
  name: 'set owner',
  text: `select where pg_catalog.set_config('app.owner_id', $1, false) is null`,
  values: [''],
};

type Callback = (error: Error | null, result?: unknown) => void;

interface PgQuery {
  callback?: Callback;
  text?: string;
  values?: unknown[];
  query_timeout?: number;
  queryMode?: string;
  submit(connection: PgConnection): Error | null;
  handleCommandComplete(message: unknown, connection: PgConnection): void;
}
interface PgConnection {
  stream: { cork(): void; uncork(): void; destroy(): void };
  bind(message: { statement: string; values: unknown[] }): void;
  execute(message: object): void;
}
const Query = pg.Query as unknown as new (...asked: unknown[]) => PgQuery;

// Sends both without a Sync in between (PostgreSQL manual, 54.2.3): the statement does not run if the owner cannot be
// set, and the owner is reset if the statement fails. A separate round trip, or even a separate pipelined statement,
// slows the inbox by a tenth.
class OwnedQuery extends Query {
  readonly isSeveral: boolean;
  readonly #owner: string;
  #isSet = false;

  constructor(owner: string, asked: unknown[]) {
    super(...asked);
    this.#owner = owner;
    this.isSeveral = !this.values && (this.text?.includes(';') ?? false);
    this.queryMode = 'extended'; // after an error the server waits for a Sync, which a simple query does not send
    const { query_timeout: timeout } = asked[0] as { query_timeout?: number };
    if (timeout) this.query_timeout = timeout;
  }

  override submit(connection: PgConnection): Error | null {
    connection.stream.cork();
    try {
      connection.bind({ statement: setOwner.name, values: [this.#owner] });
      connection.execute({});
      const refusal = super.submit(connection);
      if (refusal) connection.stream.destroy(); // half of it has been sent
      return refusal;
    } finally {
      connection.stream.uncork();
    }
  }

  override handleCommandComplete(message: unknown, connection: PgConnection): void {
    if (this.#isSet) return super.handleCommandComplete(message, connection);
    this.#isSet = true;
  }
}

// They touch no rows, may be several in one text, and must work in a failed transaction.
const ownerless = /^\s*(begin|savepoint|commit|rollback|set)\b/i;
const mayTakeBack = /^\s*(commit|rollback)\b/i;

export class OwnedClient extends pg.Client {
  #owner: string | undefined = ''; // value of app.owner_id; undefined while unknown
  #latest: OwnedQuery | undefined; // last statement that set the owner; it decides if several are in flight
  #isPrepared = false;

  override query(...asked: unknown[]): never {
    const send = (...args: unknown[]) => (super.query as (...args: unknown[]) => unknown)(...args) as never;
    const text = typeof asked[0] === 'string' ? asked[0] : (asked[0] as { text?: string }).text;
    if (text && ownerless.test(text)) {
      // A rollback reverts the owner, and so does committing a failed transaction.
      if (mayTakeBack.test(text)) this.#owner = undefined;
      return send(...asked);
    }
    const owner = currentOwner();
    if (owner === this.#owner) return send(...asked);
    this.#prepare(send);

    this.#owner = undefined; // statements sent before the answer set the owner too
    const query = new OwnedQuery(owner, asked);
    this.#latest = query;
    if (query.isSeveral) {
      // Several statements in one text need a simple query; the owner is set separately before.
      const answer = (send({ ...setOwner, values: [owner] }) as Promise<unknown>).then(() => send(text));
      if (!query.callback) return answer as never;
      const { callback } = query;
      return void answer.then((result) => callback(null, result), callback) as never;
    }
    const settle = (callback: Callback): void => {
      query.callback = (error, result) => {
        if (this.#latest === query) this.#owner = error ? undefined : owner;
        callback(error, result);
      };
      send(query);
    };
    if (query.callback) return settle(query.callback) as never;
    return new Promise((resolve, reject) =>
      settle((error, result) => (error ? reject(error) : resolve(result))),
    ) as never;
  }

  #prepare(send: (...args: unknown[]) => unknown): void {
    if (this.#isPrepared) return;
    this.#isPrepared = true;
    send(setOwner, (error: Error | null) => (this.#isPrepared = !error));
  }
}

/** A caller waiting for a connection keeps its own async context, not that of the caller who released it. */
export class OwnedPool extends pg.Pool {
  constructor(options: pg.PoolConfig) {
    super({ ...options, Client: OwnedClient, pipeline: true });
  }

  override connect(...callback: unknown[]): never {
    const own = callback.map((each) => AsyncLocalStorage.bind(each as () => void));
    return (super.connect as (...callback: unknown[]) => unknown).apply(this, own) as never;
  }
}
