// Health checks: /healthz while the process runs, /readyz while the database is up and migrated, until shutdown.
import { Router } from 'express';
import { isMigrated } from '../database/migrate.ts';
import type { Pool } from '../database/pool.ts';

interface HealthContext {
  pool: Pool;
  latestMigration: string;
  isStopping: () => boolean;
}

export function healthRoutes({ pool, latestMigration, isStopping }: HealthContext): Router {
  const router = Router();
  router.get('/healthz', (req, res) => {
    res.type('text').send('ok\n');
  });
  router.get('/readyz', async (req, res) => {
    const isReady = !isStopping() && (await isMigrated(pool, latestMigration).catch(() => false));
    res
      .status(isReady ? 200 : 503)
      .type('text')
      .send(isReady ? 'ok\n' : 'not ready\n');
  });
  router.all(['/healthz', '/readyz'], (req, res) => {
    res.status(405).set('Allow', 'GET').type('text').send('only GET\n');
  });
  return router;
}
