// The certificate that nginx gets for DOMAIN: what is served, and why there is no newer one.
import { X509Certificate } from 'node:crypto';
import type { Database } from '../database/pool.ts';
import { readFact, writeFact, type Fact } from '../database/site-facts.ts';

export interface Certificate {
  expiresAt?: string; // ISO 8601; undefined until there is one
  issuer?: string;
  failure?: string; // of the last attempt, in the authority's words
}

/** Undefined where nginx gets none, or before it was first asked. */
export function findCertificate(db: Database): Promise<Fact<Certificate> | undefined> {
  return readFact<Certificate>(db, 'certificate');
}

/** Asks nginx (nginx/https/http.conf) and keeps the answer. Throws if it does not answer. */
export async function checkCertificate(db: Database, url: string): Promise<void> {
  const [served, failure] = await Promise.all([ask(`${url}/certificate`), ask(`${url}/failure`)]);
  await writeFact(db, 'certificate', { ...describe(served), failure: failure.trim() || undefined });
}

async function ask(url: string): Promise<string> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(5000) });
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
  return answer.text();
}

function describe(served: string): Certificate {
  const pem = served.replace(/^data:/, '');
  if (pem === '') return {};
  const { validTo, issuer } = new X509Certificate(pem);
  return { expiresAt: new Date(validTo).toISOString(), issuer: /^(?:O|CN)=(.+)$/m.exec(issuer)?.[1] };
}
