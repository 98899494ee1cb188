// The context: what is made once for a process and passed to routes first. Each layer above adds its own part.
import type { Config } from '../config.ts';
import type { Pool } from '../database/pool.ts';
import type { Encryption } from '../secrets/encryption.ts';
import type { Cookies } from './cookies.ts';
import type { Log } from './log.ts';
import type { RateLimits } from './rate-limits.ts';
import type { Site } from './site.ts';

export interface WebContext {
  config: Config;
  pool: Pool;
  log: Log;
  cookies: Cookies;
  encryption: Encryption;
  rateLimits: RateLimits;
  site: Site;
}
