// Metrics for Prometheus: numbers of this process, or of all of them; no name, no id. Loaded only with METRICS=on.
import cluster from 'node:cluster';
import { createServer } from 'node:http';
import type { RequestHandler } from 'express';
import { AggregatorRegistry, collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { AppContext } from '../app.ts';
import { batchCounts } from '../concurrency/batch-counts.ts';
import type { Config } from '../config.ts';
import { routeOf } from '../web/log.ts';
import { listen } from './listen.ts';

type Place = NonNullable<Config['metrics']>;

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Serves those of this process, or tells the first process, which serves those of all. Throws a StartupError. */
export async function openMetrics(ctx: AppContext, place: Place): Promise<RequestHandler> {
  const { registry, measure } = collectMetrics(ctx);
  if (cluster.isWorker) {
    AggregatorRegistry.setRegistries(registry);
    void new AggregatorRegistry(); // listens to the first process
  } else await serve(() => registry.metrics(), place);
  return measure;
}

/** Those of all workers, summed up. Throws a StartupError. */
export function serveWorkersMetrics(place: Place): Promise<void> {
  const aggregator = new AggregatorRegistry();
  return serve(() => aggregator.clusterMetrics(), place);
}

function collectMetrics({ pool, streams, limitHashing }: AppContext) {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'http_requests_total',
    help: 'Requests by method, route and status.',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time until a response ended, without event streams.',
    labelNames: ['method', 'route'],
    buckets: seconds,
    registers,
  });
  gauge('processes', 'Processes that answer requests.', () => 1);
  gauge('database_connections', 'Open connections of the pool.', () => pool.totalCount);
  gauge('database_connections_idle', 'Connections that nobody uses.', () => pool.idleCount);
  gauge('database_connections_waiting', 'Statements that wait for a connection.', () => pool.waitingCount);
  gauge('password_hashes_waiting', 'Logins and the like that wait to hash.', () => limitHashing.waiting());
  gauge('event_streams', 'Open pages that hear of changes.', () => streams.count());
  batches('batches_total', 'Statements that stand for several.', 'batches');
  batches('batch_items_total', 'What these statements changed or told.', 'items');

  function gauge(name: string, help: string, count: () => number): void {
    void new Gauge({ name, help, registers, collect() { this.set(count()); } }); // prettier-ignore
  }

  function batches(name: string, help: string, what: 'batches' | 'items'): void {
    void new Counter({
      name,
      help,
      labelNames: ['kind'],
      registers,
      collect() {
        this.reset();
        for (const counts of batchCounts()) this.inc({ kind: counts.kind }, counts[what]);
      },
    });
  }

  const measure: RequestHandler = (req, res, next) => {
    const startedAt = performance.now();
    res.on('close', () => {
      const { method } = req;
      const route = routeOf(req) ?? 'unknown'; // never the address, which may hold private text
      requests.inc({ method, route, status: res.statusCode });
      if (route !== '/events') durations.observe({ method, route }, (performance.now() - startedAt) / 1000);
    });
    next();
  };
  return { registry, measure };
}

async function serve(read: () => Promise<string>, place: Place): Promise<void> {
  const server = createServer((req, res) => {
    const answer = (status: number, text: string) =>
      res.writeHead(status, { 'Content-Type': Registry.PROMETHEUS_CONTENT_TYPE }).end(text);
    if (req.method === 'GET' && req.url === '/metrics')
      read().then(
        (text) => answer(200, text),
        () => answer(503, 'a process did not answer\n'),
      );
    else answer(404, 'only GET /metrics\n');
  });
  await listen(server, place, 'METRICS_');
}
