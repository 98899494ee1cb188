// Asks nginx every few minutes about the certificate that it gets for DOMAIN, so that administrators see how it is.
import { checkCertificate } from '../admin/certificate.ts';
import type { WebContext } from '../web/context.ts';

const minute = 60_000;

export function startCertificateChecks({ config, pool, log }: WebContext): { close(): void } {
  const url = config.certificateUrl;
  if (!url) return { close: () => {} };
  const check = () =>
    void checkCertificate(pool, url).catch((error: Error) => log.error({ err: error }, 'background'));
  const first = setTimeout(check, minute);
  const timer = setInterval(check, 5 * minute);
  first.unref();
  timer.unref();
  return {
    close: () => {
      clearTimeout(first);
      clearInterval(timer);
    },
  };
}
