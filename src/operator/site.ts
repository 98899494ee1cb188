// `site`: shows and sets the site's name, the line on its front page, and who may register.
import { changeSite, siteForm } from '../admin/site.ts';
import { parseForm } from '../web/forms.ts';
import { readSiteText, type SiteText } from '../web/site.ts';
import type { Outcome, PlainCommand } from './command.ts';
import { UsageError } from './usage-error.ts';

export const site: PlainCommand = {
  name: 'site',
  summary: 'show or set the name of the site, the line on its front page, and who may register',
  details: `Without options, it shows them. Pages show the name in place of "Private Messages", as do authenticator apps
and passkeys that are set up from then on. An empty text ('') removes one.
--registration is open, invite, approve or closed; with an empty text, REGISTRATION decides again.`,
  options: ['name', 'line', 'registration'],
  run: async ({ pool, options }) => {
    const known = await readSiteText(pool);
    if (options.name === undefined && options.line === undefined && options.registration === undefined)
      return show(known);
    const form = parseForm(siteForm, { ...known, ...options });
    if (!form.ok) throw new UsageError(Object.values(form.errors).join(' '));
    await changeSite(pool, form.values);
    return show(form.values);
  },
};

function show(text: SiteText): Outcome {
  const { name, line, registration } = text;
  const lines = [
    `Name: ${name || 'none'}`,
    `Line: ${line || 'none'}`,
    `Registration: ${registration ?? 'as REGISTRATION says'}`,
  ];
  return { rows: { ...text, registration: registration ?? null }, text: lines.join('\n') };
}
