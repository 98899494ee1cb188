// Static files from public/ (served by nginx if several processes run): content-hashed URLs, cacheable permanently.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import express from 'express';

const folder = new URL('../../public/', import.meta.url);

export const serveAssets = express.static(folder.pathname, {
  index: false,
  redirect: false,
  immutable: true,
  maxAge: '1y',
});

export function readAssetAddresses(): (name: string) => string {
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  const addresses = new Map(files.map(({ name }) => [name, `/assets/${name}?v=${digest(name)}`]));
  return (name) => {
    const address = addresses.get(name);
    if (!address) throw new Error(`There is no ${name} in public/.`);
    return address;
  };
}

function digest(name: string): string {
  return createHash('sha256')
    .update(readFileSync(new URL(name, folder)))
    .digest('base64url')
    .slice(0, 10);
}
