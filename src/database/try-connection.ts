// Exits with 0 if it can connect to DATABASE_URL; run as the system user in question (can-connect.ts).
import pg from 'pg';

const client = new pg.Client({ connectionString: process.env.DATABASE_URL, connectionTimeoutMillis: 5000 });
await client.connect();
await client.end();
