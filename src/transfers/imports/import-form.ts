// Schema of the import form: all its fields except the file.
import { z } from 'zod';
import { plainText } from '../../web/forms.ts';

const maxAddresses = 20;
const maxAddressesLength = 1000;

const separators = /[\s,;、，،；]+/u;

export const importForm = z.object({
  addresses: plainText('')
    .optional()
    .default('')
    .refine((typed) => typed.length <= maxAddressesLength && addressesIn(typed).length <= maxAddresses, {
      error: `Please enter ${maxAddresses} addresses at most.`,
    })
    .refine((typed) => typed.trim() === '' || addressesIn(typed).length > 0, {
      error: 'There is no e-mail address here. One looks like this: ada@example.org',
    }),
});

export function addressesIn(typed: string): string[] {
  const found = typed
    .split(separators)
    .map((word) => word.replaceAll(/^[<("']+|[>)"'.]+$/g, '').toLowerCase())
    .filter((word) => /^[^@<>]+@[^@<>]+$/.test(word));
  return [...new Set(found)];
}
