// Asks nginx every few minutes about the certificate that it gets for DOMAIN, so that administrators see how it is.
import { checkCertificate } from '../admin/certificate.ts';
import type { WebContext } from '../web/context.ts';
import { repeat } from './repeat.ts';

export function startCertificateChecks({ config, pool, log }: WebContext): { close(): void } {
  const url = config.certificateUrl;
  if (!url) return { close: () => {} };
  return repeat(log, () => checkCertificate(pool, url), { everyMs: 5 * 60_000 });
}
