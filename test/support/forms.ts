// Forms on a loaded page, such as one shown again after a refusal.
import type { Answer, Fields, Person } from './person.ts';

/**
 * Posts a form, again for as long as the answer is to come back in a few seconds: with many at the same moment on a busy
 * machine somebody waits too long for their turn, and nothing was changed.
 */
export async function press(person: Person, path: string, form: Fields | string): Promise<Answer> {
  const answer = await person.post(path, form);
  return answer.status === 503 ? press(person, path, form) : answer;
}

/** Everything that the page's form for `action` would send if its button were pressed now, as browsers send it. */
export function filledIn({ $ }: Answer, action: string): Fields {
  const form = $(`form[action="${action}"]`).first();
  if (form.length === 0) throw new Error(`There is no form for ${action} on this page.`);
  const inputs = form.find('input[name]').toArray();
  const texts = form.find('textarea[name]').toArray();
  return Object.fromEntries([
    ...inputs.map((input) => [$(input).attr('name')!, $(input).attr('value') ?? '']),
    // HTML, "constructing the entry list": line ends leave as CRLF.
    ...texts.map((text) => [$(text).attr('name')!, $(text).text().replaceAll('\n', '\r\n')]),
  ]) as Fields;
}

/** A page without its forms' tokens and its own time: they differ each time, and may hold any short word by chance. */
export function withoutTokens(html: string): string {
  return html.replaceAll(/name="_csrf" value="[^"]*"| data-(?:now|at)="\d+"/g, '');
}

/** Eight thousand characters that are easily lost: line ends first and last, quotes, tabs, emoji, right-to-left. */
export const awkwardText = (() => {
  const piece = `\n\t"Quoted" 'and' \`so\`  <b>&amp; & </textarea> 🦉👩‍👩‍👧 שלום كيف حالك \u202Bx\u202C 100% +1 e\u0301\n`;
  const characters = Array.from(`\n\n${piece.repeat(200)}`).slice(0, 7998);
  return `${characters.join('')}\n\n`;
})();
