// Describes a browser by its User-Agent header.
import Bowser from 'bowser';
import type { Request } from 'express';

// Bowser returns the raw words of an unknown agent: untrusted text, never shown.
const browsers = new Set(Object.values(Bowser.BROWSER_MAP));
const systems = new Set(Object.values(Bowser.OS_MAP));

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

export function titleOf(words: string): string {
  return words[0]!.toUpperCase() + words.slice(1);
}

export function agentOf(req: Request): string {
  return describeAgent(req.get('User-Agent')?.slice(0, 300));
}
