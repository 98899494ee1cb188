// The export page: progress.
// @ts-check

/** @type {(selector: string, within?: ParentNode) => any} */
const find = (selector, within = document) => within.querySelector(selector);

const exporting = find('form[data-export]');
if (exporting) {
  const status = find('[data-progress]', exporting);
  const look = async () => {
    const page = await loadPage('/account/export');
    const now = page && find('[data-export]', page);
    if (!now) return; // no answer, or the password is asked for again
    const words = find('[data-progress]', now).textContent;
    find('.actions', exporting).replaceWith(find('.actions', now));
    status.textContent = words || (status.textContent && 'Done: see your downloads.');
    if (words) setTimeout(look, 2000);
  };
  exporting.addEventListener('submit', () => setTimeout(look, 1000));
  if (status.textContent) setTimeout(look, 2000);
}
