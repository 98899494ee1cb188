// Throttles imports: one step at a time in this process, with rests while other requests arrive.
// A step saturates core or disk: without rests, others waited 3 times as long (`npm run faults -- hostile-imports`).
import { createLimiter } from '../../concurrency/limiter.ts';
import { requestsPerSecond } from '../../web/traffic.ts';

export const inSteps = createLimiter(1, {
  rest: (ms) => Math.min(ms * Math.min(6, requestsPerSecond()), 5000),
});
