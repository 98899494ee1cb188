// Hostile values in place of `name=value`.
type Writers = Record<string, (name: string) => string>;

export const hostile: Writers = {
  'as a list in brackets': (name) => `${name}[]=a&${name}[]=b`,
  'as an object': (name) => `${name}[x]=a`,
  'as an object with the name of a prototype': (name) => `${name}[__proto__][x]=a`,
  'with a byte that is no UTF-8': (name) => `${name}=%FF`,
  'with half a character': (name) => `${name}=%ED%A0%80`,
  'with raw bytes': (name) => `${name}=\u00FF\u00FE`,
  'with a broken escape': (name) => `${name}=%zz`,
};

/** These make required fields wrong; a field that is only a hint may be ignored. */
export const hostileToRequired: Writers = {
  ...hostile,
  'as a list': (name) => `${name}=a&${name}=b`,
  missing: () => 'other=1',
  empty: (name) => `${name}=`,
  'with NUL': (name) => `${name}=%00`,
  'with the name of a prototype': (name) => `${name}=__proto__`,
  'of 200,000 characters': (name) => `${name}=${'x'.repeat(200_000)}`,
};
