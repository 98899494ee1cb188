// Ends with 0 where DATABASE_URL can be connected to; run as the user that is to connect (can-connect.ts).
import pg from 'pg';

const client = new pg.Client({ connectionString: process.env.DATABASE_URL, connectionTimeoutMillis: 5000 });
await client.connect();
await client.end();
