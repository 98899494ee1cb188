// Where a form or a link may send somebody afterwards: a page of this site, nothing else.

/**
 * The path with its query if it stays on this site, else undefined. Reads it as browsers do: `//evil`, `/\evil` and
 * `/<tab>/evil` are other sites, and so is what is left of `/.//evil` once its dot is gone.
 */
export function localPath(target: unknown): string | undefined {
  if (typeof target !== 'string' || !target.startsWith('/') || target.length > 2000) return undefined;
  const here = 'http://here.invalid';
  const url = URL.parse(target, here);
  if (url?.origin !== here || url.pathname.startsWith('//')) return undefined;
  return url.pathname + url.search;
}
