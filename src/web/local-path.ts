// Open redirect protection: a redirect target is a path of this site or undefined.

/** Parses as browsers do: `//evil`, `/\evil` and `/<tab>/evil` are other sites, as is a normalized `/.//evil`. */
export function localPath(target: unknown): string | undefined {
  if (typeof target !== 'string' || !target.startsWith('/') || target.length > 2000) return undefined;
  const here = 'http://here.invalid';
  const url = URL.parse(target, here);
  if (url?.origin !== here || url.pathname.startsWith('//')) return undefined;
  return url.pathname + url.search;
}
