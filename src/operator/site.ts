// `site`: shows and sets the site's name and the line on its front page.
import { renameSite, siteForm } from '../admin/site.ts';
import { parseForm } from '../web/forms.ts';
import { readSiteText, type SiteText } from '../web/site.ts';
import type { Outcome, PlainCommand } from './command.ts';
import { UsageError } from './usage-error.ts';

export const site: PlainCommand = {
  name: 'site',
  summary: 'show or set the name of the site and the line on its front page',
  details: `Without options, it shows both. Pages show the name in place of "Private Messages", as do authenticator apps
and passkeys that are set up from then on. An empty text ('') removes one.`,
  options: ['name', 'line'],
  run: async ({ pool, options }) => {
    const known = await readSiteText(pool);
    if (options.name === undefined && options.line === undefined) return show(known);
    const form = parseForm(siteForm, { ...known, ...options });
    if (!form.ok) throw new UsageError(Object.values(form.errors).join(' '));
    await renameSite(pool, form.values);
    return show(form.values);
  },
};

function show(text: SiteText): Outcome {
  return { rows: text, text: `Name: ${text.name || 'none'}\nLine: ${text.line || 'none'}` };
}
