import { find } from './dom';
import { readItem, writeItem } from './storage';

const themes = ['auto', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];

const names: Record<Theme, string> = { auto: 'as the system', light: 'light', dark: 'dark' };
const listeners = new Set<() => void>();
const resolved = new Map<string, string>();

export function onThemeChange(listener: () => void): void {
  listeners.add(listener);
}

/** Resolves a CSS colour, for canvases, which don't support variables. */
export function colour(value: string): string {
  let known = resolved.get(value);
  if (known === undefined) {
    const probe = find('#colour-probe');
    probe.style.color = value;
    known = getComputedStyle(probe).color;
    resolved.set(value, known);
  }
  return known;
}

export function mountTheme(): void {
  const button = find<HTMLButtonElement>('#theme');
  const stored = readItem('theme');
  let theme = themes.find((name) => name === stored) ?? 'auto';

  const apply = () => {
    document.documentElement.dataset.theme = theme;
    button.setAttribute('aria-label', `Theme: ${names[theme]}`);
    button.title = `Theme: ${names[theme]}`;
    resolved.clear();
    for (const listener of listeners) listener();
  };
  button.addEventListener('click', () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'auto';
    writeItem('theme', theme);
    apply();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', apply);
  apply();
}
