// What a browser calls itself, in words for people.
import Bowser from 'bowser';
import type { Request } from 'express';

// Of an agent that it does not know, Bowser gives the words as they come: they are a stranger's, and are never shown.
const browsers = new Set(Object.values(Bowser.BROWSER_MAP));
const systems = new Set(Object.values(Bowser.OS_MAP));

/** "Firefox on Linux", "Firefox on an unknown system", "an unknown browser on Linux", "an unknown browser". */
export function describeAgent(agent: string | null | undefined): string {
  if (!agent) return 'an unknown browser';
  const { browser, os } = Bowser.parse(agent);
  const name = known(browsers, browser.name)?.replace(' for Android', '');
  const system = known(systems, os.name);
  if (!system) return name ? `${name} on an unknown system` : 'an unknown browser';
  return `${name ?? 'an unknown browser'} on ${system}`;
}

function known(names: Set<string>, name: string | undefined): string | undefined {
  return name !== undefined && names.has(name) ? name : undefined;
}

/** Such words at the beginning of a line. */
export function titleOf(words: string): string {
  return words[0]!.toUpperCase() + words.slice(1);
}

/** The browser behind a request, in words. */
export function agentOf(req: Request): string {
  return describeAgent(req.get('User-Agent')?.slice(0, 300));
}
