// Compiles the EJS views at start-up; each begins with `needs: …; optional: …`, which declares its data.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ejs from 'ejs';
import type { Express, Response } from 'express';

type Data = Record<string, unknown>;

interface View {
  name: string;
  needs: string[];
  template: (data: Data) => string;
  included: Map<string, string>; // view names by include path
}

const viewFolder = fileURLToPath(new URL('../../views/', import.meta.url));

// Available to every view without declaration: view-helpers.ts and the `res.locals` that middleware sets.
const shared = [
  'anchorOf',
  'asset',
  'avatarOf',
  'beginningOf',
  'capped',
  'csrfToken',
  'exactTime',
  'excerptOf',
  'flash',
  'lowestId',
  'machineTime',
  'mayBeMember',
  'nameOf',
  'passkeyQuestion',
  'questions',
  'readersTime',
  'serverTime',
  'site',
  'siteHost',
  'tabKey',
  'timeAgo',
  'user',
  'zoneCookie',
];

/** Replaces `res.render`: EJS's file lookups, copies and `with` cost five times the rest of a page of 25 rows. */
export function renderPages(app: Express, isDevelopment: boolean): void {
  let views = compileViews(isDevelopment);
  app.response.render = function renderPage(this: Response, view: string, data?: object): void {
    if (isDevelopment) views = compileViews(isDevelopment);
    const page: Data = { ...app.locals, ...this.locals, ...data };
    const html = render(views, view, page, page);
    this.setHeader('Content-Type', 'text/html; charset=utf-8');
    this.end(html); // one write with the headers; Express would send the bytes of a page separately
  };
}

function compileViews(isDevelopment: boolean): Map<string, View> {
  const files = readdirSync(viewFolder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ejs'),
  );
  const views = files.map((file) => compileView(join(viewFolder, file), isDevelopment));
  return new Map(views.map((view) => [view.name, view]));
}

function compileView(filename: string, isDevelopment: boolean): View {
  const text = readFileSync(filename, 'utf8');
  const [, first] = /^<%# needs: ([^]*?) %>/.exec(text) ?? [];
  if (!first) throw new Error(`${filename} does not begin with what it needs.`);
  const [needs = [], optional = []] = first
    .replaceAll(/\([^)]*\)/g, '')
    .split(/;\s+optional:/)
    .map((names) => names.split(',').map((name) => name.trim()))
    .map((names) => names.filter((name) => name !== 'nothing'));
  const used = shared.filter((name) => text.includes(name));
  const declared =
    `<% var include = locals.include; const { ${used.join()} } = locals.shared; ` +
    `const { ${[...needs, ...optional].join()} } = locals.given; %>`;
  // "Unsafe" is data whose prototype an attacker could choose; ours is made in `render`, below.
  const options = {
    filename,
    compileDebug: isDevelopment,
    strict: true, // no `with`: names are declared
    rmWhitespace: true,
    unsafePrototypeLocals: true,
    escape: escapeHtml,
  };
  const template = ejs.compile(declared + withoutEmptyLines(text), options) as View['template'];
  return { name: nameOf(filename), needs, template, included: new Map() };
}

function withoutEmptyLines(text: string): string {
  return text.replaceAll(/^(\s*<%(?![=-])(?:(?!%>)[^])*)%>$/gm, '$1-%>'); // no line break after control flow
}

const special = /[&<>"']/; // tested first, as most values have nothing to escape
const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
};

function escapeHtml(value: string | number | null | undefined): string {
  const text = String(value ?? '');
  return special.test(text) ? text.replaceAll(/[&<>"']/g, (character) => entities[character]!) : text;
}

function render(views: Map<string, View>, name: string, page: Data, given: Data): string {
  const view = views.get(name);
  if (!view) throw new Error(`There is no view ${name}.`);
  for (const need of view.needs)
    if (!(need in given)) throw new Error(`The view ${name} was not given ${need}.`);
  const include = (path: string, more: Data = {}) => render(views, nameIncluded(view, path), page, more);
  return view.template({ include, shared: page, given });
}

function nameIncluded({ name, included }: View, path: string): string {
  const known = included.get(path);
  if (known) return known;
  const target = join(dirname(name), path);
  included.set(path, target);
  return target;
}

function nameOf(path: string): string {
  return relative(viewFolder, path)
    .replace(/\.ejs$/, '')
    .replaceAll(sep, '/');
}
