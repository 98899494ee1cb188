// Bech32 (BIP 173), in which age writes its keys: a typing error is found.
const letters = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const checksumLength = 6;

export function encodeBech32(prefix: string, bytes: Buffer): string {
  const data = regroup([...bytes], 8, 5);
  const sum = checksum([...expand(prefix), ...data, 0, 0, 0, 0, 0, 0]) ^ 1;
  const check = Array.from({ length: checksumLength }, (_, at) => (sum >> (5 * (5 - at))) & 31);
  return `${prefix}1${[...data, ...check].map((value) => letters[value]).join('')}`;
}

/** Undefined if it has another prefix, or is mistyped. */
export function decodeBech32(prefix: string, text: string): Buffer | undefined {
  const lower = text.toLowerCase();
  if (text !== lower && text !== text.toUpperCase()) return undefined;
  if (!lower.startsWith(`${prefix}1`)) return undefined;
  const values = codesOf(lower.slice(prefix.length + 1)).map((code) =>
    letters.indexOf(String.fromCharCode(code)),
  );
  if (values.includes(-1) || checksum([...expand(prefix), ...values]) !== 1) return undefined;
  return Buffer.from(regroup(values.slice(0, -checksumLength), 5, 8));
}

function expand(prefix: string): number[] {
  const codes = codesOf(prefix);
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)];
}

function codesOf(text: string): number[] {
  return [...Buffer.from(text, 'latin1')];
}

const generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

function checksum(values: number[]): number {
  let sum = 1;
  for (const value of values) {
    const top = sum >> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    for (const [bit, term] of generator.entries()) if ((top >> bit) & 1) sum ^= term;
  }
  return sum;
}

/** Bits in groups of another size; on the way to bytes, the padding is dropped. */
function regroup(values: number[], from: number, to: number): number[] {
  const groups: number[] = [];
  let [held, bits] = [0, 0];
  for (const value of values) {
    held = ((held << from) | value) & 0xfff;
    bits += from;
    for (; bits >= to; bits -= to) groups.push((held >> (bits - to)) & ((1 << to) - 1));
  }
  if (to < from && bits > 0) groups.push((held << (to - bits)) & ((1 << to) - 1));
  return groups;
}
