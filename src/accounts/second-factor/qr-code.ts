// A QR code as the path of an SVG: one unit for each module, with the quiet zone that readers need around it.
import { encode } from 'uqr';

export interface QrCode {
  /** How many modules wide and high it is. */
  size: number;
  /** The dark ones, for the `d` of a path. */
  path: string;
}

const quietZone = 4; // ISO/IEC 18004

export function drawQrCode(text: string): QrCode {
  const { size, data } = encode(text, { ecc: 'M', border: quietZone });
  const runs = data.flatMap((row, y) =>
    darkRuns(row).map(([x, length]) => `M${x} ${y}h${length}v1h-${length}z`),
  );
  return { size, path: runs.join('') };
}

/** Where dark modules begin in a row, and how many follow each other. */
function darkRuns(row: boolean[]): [start: number, length: number][] {
  const runs: [number, number][] = [];
  for (const [x, isDark] of row.entries()) {
    if (!isDark) continue;
    const last = runs.at(-1);
    if (last && last[0] + last[1] === x) last[1] += 1;
    else runs.push([x, 1]);
  }
  return runs;
}
