// docs/routes.md lists every route: method, path, and who may. `npm run routes` updates it.
import { expect, test } from 'vitest';
import { startApp } from './support/app.ts';

interface Layer {
  name: string;
  handle: { stack?: Layer[] };
  method?: string;
  route?: { path: string | string[]; stack: Layer[] };
}
interface Route {
  method: string;
  path: string;
  who: string;
}

/** Routes stand in routers, and routers in other routers or behind guards; the rest is on the way to them. */
function routesOf(stack: Layer[], who: string): Route[] {
  return stack.flatMap(({ route, handle }) => {
    const routers = (route?.stack ?? []).filter((layer) => layer.handle.stack);
    if (!route || routers.length > 0)
      return routesOf(handle.stack ?? routers, whoAt(route?.stack ?? [], who));
    const methods = route.stack.flatMap(({ method }) => method?.toUpperCase() ?? []);
    return [route.path].flat().flatMap((path) => methods.map((method) => ({ method, path, who })));
  });
}

function whoAt(stack: Layer[], who: string): string {
  const passes = (guard: string) => stack.some(({ name }) => name === guard);
  if (passes('onlyAdmins')) return 'administrators';
  return passes('redirectAnonymous') ? 'signed in' : who;
}

function asTable(routes: Route[]): string {
  const unique = new Map(routes.map(({ method, path, who }) => [`${path} ${method}`, [method, path, who]]));
  const keys = [...unique.keys()].toSorted();
  const lines = [['Method', 'Path', 'Who may'], ...keys.map((key) => unique.get(key)!)];
  const widths = [0, 1, 2].map((column) => Math.max(...lines.map((cells) => cells[column]!.length)));
  const [head, ...rows] = lines.map(
    (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`,
  );
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  const intro =
    'Written by `npm run routes`. Forms are POSTs with a CSRF token; other methods are answered 405.';
  return ['# Routes', '', intro, '', head, rule, ...rows, ''].join('\n');
}

test('docs/routes.md lists every route', async () => {
  const app = await startApp();
  const { stack } = (app.express as unknown as { router: { stack: Layer[] } }).router;
  const isOfMiddleware = ({ route }: Layer) => route && !route.stack.some((layer) => layer.handle.stack);
  const routes = routesOf(
    stack.filter((layer) => !isOfMiddleware(layer)),
    'anybody',
  );
  await app.close();
  expect(routes.length).toBeGreaterThan(60);
  await expect(asTable(routes)).toMatchFileSnapshot('../docs/routes.md');
});
