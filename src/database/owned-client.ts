// A connection that says before a statement whose rows it may touch (owner.ts), in the same message to the server.
import { AsyncLocalStorage } from 'node:async_hooks';
import pg from 'pg';
import { currentOwner } from './owner.ts';

/** Returns no row: pg would take it for one of the statement's. */
const setOwner = {
  name: 'set owner',
  text: `select where pg_catalog.set_config('app.owner_id', $1, false) is null`,
  values: [''],
};

type Callback = (error: Error | null, result?: unknown) => void;

/** What pg has and its types do not. */
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

/**
 * Sends the two as one: no Sync stands between them (PostgreSQL manual, 54.2.3), so that the statement is not run when the
 * owner cannot be set, and the owner is taken back when the statement fails. A round trip of its own, or as little as a
 * pipelined statement of its own, would cost the inbox a tenth.
 */
class OwnedQuery extends Query {
  readonly isSeveral: boolean;
  readonly #owner: string;
  #isSet = false;

  constructor(owner: string, asked: unknown[]) {
    super(...asked);
    this.#owner = owner;
    this.isSeveral = !this.values && (this.text?.includes(';') ?? false);
    this.queryMode = 'extended'; // after a failure the server waits for a Sync, which a simple Query is not
    const { query_timeout: timeout } = asked[0] as { query_timeout?: number };
    if (timeout) this.query_timeout = timeout;
  }

  override submit(connection: PgConnection): Error | null {
    connection.stream.cork();
    try {
      connection.bind({ statement: setOwner.name, values: [this.#owner] });
      connection.execute({});
      const refusal = super.submit(connection);
      if (refusal) connection.stream.destroy(); // half of it is on its way
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

// They touch no rows, may be several in one text, and have to work in a transaction that has failed.
const ownerless = /^\s*(begin|savepoint|commit|rollback|set)\b/i;
const mayTakeBack = /^\s*(commit|rollback)\b/i;

/** Says nothing where the connection has the same owner still. */
export class OwnedClient extends pg.Client {
  /** What app.owner_id is; undefined while that is not known. */
  #owner: string | undefined = '';
  /** The last statement that said its owner: of several under way it decides. */
  #latest: OwnedQuery | undefined;
  #isPrepared = false;

  override query(...asked: unknown[]): never {
    const send = (...args: unknown[]) => (super.query as (...args: unknown[]) => unknown)(...args) as never;
    const text = typeof asked[0] === 'string' ? asked[0] : (asked[0] as { text?: string }).text;
    if (text && ownerless.test(text)) {
      // A transaction that is rolled back takes its owner along, and committing a failed one does the same.
      if (mayTakeBack.test(text)) this.#owner = undefined;
      return send(...asked);
    }
    const owner = currentOwner();
    if (owner === this.#owner) return send(...asked);
    this.#prepare(send);

    this.#owner = undefined; // whatever is sent before the answer says its owner too
    const query = new OwnedQuery(owner, asked);
    this.#latest = query;
    if (query.isSeveral) {
      // Several statements in one text come as a simple Query: the owner first, by itself.
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

  /** Once, in front of the first statement that needs it; should it fail, so does that one. */
  #prepare(send: (...args: unknown[]) => unknown): void {
    if (this.#isPrepared) return;
    this.#isPrepared = true;
    send(setOwner, (error: Error | null) => (this.#isPrepared = !error));
  }
}

/** A pool of these. Whoever waits for a connection gets it in their own name, not in that of the one who gave it back. */
export class OwnedPool extends pg.Pool {
  constructor(options: pg.PoolConfig) {
    super({ ...options, Client: OwnedClient, pipeline: true });
  }

  override connect(...callback: unknown[]): never {
    const own = callback.map((each) => AsyncLocalStorage.bind(each as () => void));
    return (super.connect as (...callback: unknown[]) => unknown).apply(this, own) as never;
  }
}
