import { find } from './dom';
import { readLink, showView } from './link';

/** The tabs of the page, as in the ARIA practices: arrow keys switch tabs. The URL's hash has the view. */
export function mountTabs(): void {
  const list = find('[role="tablist"]');
  const tabs = [...list.querySelectorAll<HTMLButtonElement>('[role="tab"]')];

  const select = (chosen: HTMLButtonElement) => {
    for (const tab of tabs) {
      const selected = tab === chosen;
      tab.setAttribute('aria-selected', String(selected));
      tab.tabIndex = selected ? 0 : -1;
      find(`#${tab.getAttribute('aria-controls')}`).hidden = !selected;
    }
  };
  const byHash = () => tabs.find((tab) => tab.getAttribute('aria-controls') === readLink().view);

  for (const [index, tab] of tabs.entries()) {
    tab.addEventListener('click', () => {
      select(tab);
      showView(tab.getAttribute('aria-controls') ?? '');
    });
    tab.addEventListener('keydown', (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      const next = step && tabs[(index + step + tabs.length) % tabs.length];
      if (!next) return;
      next.focus();
      next.click();
    });
  }
  addEventListener('hashchange', () => {
    const tab = byHash();
    if (tab) select(tab);
  });
  const first = byHash() ?? tabs[0];
  if (first) select(first);
}
