// The import page: progress of the upload and of the import.
// @ts-check

/** @type {(selector: string, within?: ParentNode) => any} */
const find = (selector, within = document) => within.querySelector(selector);

const lookEveryMs = 1500;
/** Updates the progress from the server's page. */
const importPage = () => loadPage('/account/import');

/** @param {HTMLElement} shown @param {HTMLElement} now */
function showProgress(shown, now) {
  const [words, bar, current] = [find('[data-words]', shown), find('progress', shown), find('progress', now)];
  words.textContent = find('[data-words]', now).textContent;
  if (current.hasAttribute('value')) bar.value = current.value;
  else bar.removeAttribute('value');
}

const running = find('[data-import=running]');
if (running) {
  const watch = async () => {
    const page = await importPage();
    const now = page && find('[data-import=running]', page);
    if (now) showProgress(running, now);
    if (now || !page) {
      setTimeout(watch, lookEveryMs);
      return;
    }
    const isHere = document.activeElement === document.body || running.contains(document.activeElement);
    find('main').replaceChildren(...find('main', page).childNodes);
    watchUploads();
    if (isHere) find('#result-title')?.focus();
  };
  setTimeout(watch, lookEveryMs);
}

function watchUploads() {
  const uploadForm = find('form[data-upload]');
  if (!uploadForm) return;
  const file = find('input[type=file]', uploadForm);
  const shown = find('[data-uploading]', uploadForm);
  const button = find('.actions button', uploadForm);
  file.addEventListener('change', () => {
    const isTooLarge = file.files[0]?.size > Number(file.dataset.max);
    file.setCustomValidity(isTooLarge ? 'This file is larger than 2 GB.' : '');
    file.reportValidity();
  });
  uploadForm.addEventListener('submit', () => {
    const watch = async () => {
      const page = await importPage();
      const now = page && find('[data-import=running]', page);
      if (now) showProgress(shown, now);
      if (!shown.hidden) setTimeout(watch, lookEveryMs);
    };
    find('[data-words]', shown).textContent = 'Uploading …';
    shown.hidden = false;
    setTimeout(() => (button.disabled = true)); // after the form has been put together
    setTimeout(watch, lookEveryMs);
  });
  addEventListener('pageshow', () => {
    shown.hidden = true;
    button.disabled = false;
  });
}
watchUploads();
