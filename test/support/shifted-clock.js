// For node --import: a system clock that is as many milliseconds off as the file CLOCK_OFFSET_FILE says.
import { readFileSync } from 'node:fs';

const SystemDate = Date;
let offset = 0;
let readAt = -Infinity;

function now() {
  if (performance.now() - readAt > 20) {
    offset = Number(readFileSync(process.env.CLOCK_OFFSET_FILE, 'utf8'));
    readAt = performance.now();
  }
  return SystemDate.now() + offset;
}

globalThis.Date = class extends SystemDate {
  constructor(...parts) {
    super(...(parts.length > 0 ? parts : [now()]));
  }
  static now() {
    return now();
  }
};
