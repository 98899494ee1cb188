// A user with a browser without JavaScript: keeps cookies, loads pages, fills in and submits forms.
import { load, type CheerioAPI } from 'cheerio';
import request, { type Response, type Test } from 'supertest';

export type Fields = Record<string, string>;
export type Method = 'get' | 'head' | 'post' | 'put' | 'patch' | 'delete' | 'options';
export type Answer = Response & { $: CheerioAPI };

export interface Person {
  username: string;
  password: string;
  get(path: string): Promise<Answer>;
  /** Posts just these fields, as a program would. */
  post(path: string, fields?: Fields | string): Promise<Answer>;
  /** Loads `page`, fills in its form that goes to `action`, and sends that; says yes if a page asks. */
  submit(page: string, fields?: Fields, action?: string): Promise<Answer>;
  /** The hidden fields of the form on a page that goes to `action`. */
  hidden(page: string, action?: string): Promise<Fields>;
  /** Any other request, its body byte for byte, with this browser's cookies unless the headers bring some. */
  ask(method: Method, path: string, headers?: Fields, body?: string | Buffer): Promise<Answer>;
  /** The Cookie header this browser would send. */
  cookies(): string;
  send(to: string, body: string): Promise<Answer>;
}

/** A signed-out user with an empty browser. */
export function stranger(
  url: string,
  username = 'stranger',
  password = 'a long enough password',
  keptCookies = '',
): Person {
  const jar = new Map<string, string>();
  for (const [, name, value] of keptCookies.matchAll(/([^=; ]+)=([^;]*)/g)) jar.set(name!, value!);

  const exchange = async (test: Test, headers: Fields = {}): Promise<Answer> => {
    if (url.startsWith('https:')) test.disableTLSCerts(); // the tests' own
    const answer = (await test
      .set({ Cookie: cookies(), ...headers })
      .redirects(0)
      .ok(() => true)) as Answer;
    for (const line of answer.get('Set-Cookie') ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      if (value === '' || /expires=Thu, 01 Jan 1970/i.test(line)) jar.delete(name!);
      else jar.set(name!, value!);
    }
    let $: CheerioAPI | undefined;
    Object.defineProperty(answer, '$', { get: () => ($ ??= load(answer.text ?? '')) });
    return answer;
  };
  const cookies = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
  const get = (path: string) => exchange(request(url).get(path));
  const post = (path: string, fields: Fields | string = '') =>
    exchange(request(url).post(path).type('form').send(fields));
  const ask = (method: Method, path: string, headers: Fields = {}, body: string | Buffer = '') => {
    const asked = request(url)[method](path);
    return exchange(asked.serialize((bytes: unknown) => bytes as string).send(body), headers);
  };

  const hidden = async (page: string, action = page.split('?')[0]!): Promise<Fields> => {
    const { $ } = await get(page);
    const button = $(`button[formaction="${action}"]`).first();
    const owner = button.attr('form') ? $(`#${button.attr('form')}`) : button.closest('form');
    const form = owner.length > 0 ? owner : $(`form[action="${action}"]`).first();
    const inputs = form.find('input[type=hidden]').toArray();
    if (inputs.length === 0) throw new Error(`There is no form for ${action} on ${page}.`);
    return Object.fromEntries(inputs.map((input) => [$(input).attr('name')!, $(input).attr('value') ?? '']));
  };
  const submit = async (page: string, fields: Fields = {}, action = page.split('?')[0]!) => {
    const form = { ...(await hidden(page, action)), ...fields };
    const answer = await post(action, form);
    const isAsked = answer.$('form#confirm').length > 0;
    return isAsked ? post(action, { ...form, confirmed: 'yes' }) : answer;
  };

  const send = (to: string, body: string) => submit('/send', { recipient: to, body });
  return { username, password, get, post, ask, submit, hidden, cookies, send };
}

/** The same person at another process of the site: the same cookies, another address. */
export function at(url: string, person: Person): Person {
  return stranger(url, person.username, person.password, person.cookies());
}

export async function isSignedIn(person: Person): Promise<boolean> {
  return (await person.get('/inbox')).status === 200;
}

/** A registered, signed-in user. */
export async function registered(url: string, username: string, password?: string): Promise<Person> {
  const person = stranger(url, username, password);
  const answer = await person.submit('/register', { username, password: person.password });
  if (answer.status !== 303)
    throw new Error(`${username} could not register: ${answer.status} ${answer.$('.error').text()}`);
  return person;
}
