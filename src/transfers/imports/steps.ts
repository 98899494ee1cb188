// All imports of this process take one step at a time, and rest while others are at work. A step keeps a core busy, and
// what it writes the disk: without the rest others waited three times as long (`npm run faults -- hostile-imports`).
import { createLimiter } from '../../concurrency/limiter.ts';
import { requestsPerSecond } from '../../web/traffic.ts';

// As much as somebody asks for who looks at how far their own import is.
const alone = 2;
const ratio = () => Math.min(6, Math.max(0, requestsPerSecond() - alone));

/** Reads or writes a part of a file as soon as it is its turn. */
export const inSteps = createLimiter(1, { restRatio: ratio, maxRest: 5000 });
