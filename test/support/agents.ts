// User agents of browsers.
import { stranger, type Person } from './person.ts';

export const agents = {
  'Firefox on Linux': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'Chrome on Windows':
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  'Safari on iOS':
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
};

/** The same person logged in with another browser, or with the one whose cookies these are. */
export async function loggedInWith(
  url: string,
  { username, password }: Person,
  agent?: string,
  cookies = '',
): Promise<Person> {
  const browser = stranger(url, username, password, cookies);
  const form = { ...(await browser.hidden('/login')), username, password };
  const headers = {
    'Content-Type': 'application/x-www-form-urlencoded',
    ...(agent === undefined ? {} : { 'User-Agent': agent }),
  };
  const answer = await browser.ask('post', '/login', headers, new URLSearchParams(form).toString());
  if (answer.status !== 303) throw new Error(`${username} could not log in: ${answer.status}`);
  return browser;
}
