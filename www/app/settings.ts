import { base } from './base';
import { find } from './dom';
import { readItem, writeItem } from './storage';

export interface Settings {
  baseUrl: string;
  key: string;
  /** For servers without a list of models. */
  model: string;
  maxTokens: number | undefined;
  chunkBytes: number;
}

export const embeddedUrl = `${base}v1`;
const defaults: Settings = {
  baseUrl: embeddedUrl,
  key: 'demo-key',
  model: '',
  maxTokens: undefined,
  chunkBytes: 0,
};

// A key is a secret, so it is stored only as long as the tab is open.
const session = () => sessionStorage;

export function loadSettings(): Settings {
  return {
    baseUrl: readItem('base-url') || embeddedUrl,
    key: readItem('key', session) ?? defaults.key,
    model: readItem('model') ?? '',
    maxTokens: Number(readItem('max-tokens')) || undefined,
    chunkBytes: Number(readItem('chunk-bytes')) || 0,
  };
}

/** Fills the settings dialog, and calls `changed` after Save. */
export function mountSettings(settings: Settings, changed: () => void): void {
  const dialog = find<HTMLDialogElement>('#settings');
  const form = find<HTMLFormElement>('form', dialog);
  const field = (name: string) => find<HTMLInputElement | HTMLSelectElement>(`[name="${name}"]`, form);

  const fill = ({ baseUrl, key, model, maxTokens, chunkBytes }: Settings) => {
    field('base-url').value = baseUrl;
    field('key').value = key;
    field('model').value = model;
    field('max-tokens').value = maxTokens ? String(maxTokens) : '';
    field('chunk-bytes').value = String(chunkBytes);
  };
  find('#settings-open').addEventListener('click', () => {
    fill(settings);
    dialog.showModal();
  });
  find('#settings-reset', dialog).addEventListener('click', () => fill(defaults));
  find('#settings-cancel', dialog).addEventListener('click', () => dialog.close());
  form.addEventListener('submit', () => {
    settings.baseUrl = field('base-url').value.trim() || embeddedUrl;
    settings.key = field('key').value.trim();
    settings.model = field('model').value.trim();
    settings.maxTokens = Number(field('max-tokens').value) || undefined;
    settings.chunkBytes = Number(field('chunk-bytes').value);
    // The page's own URL isn't stored, because its port may change.
    writeItem('base-url', settings.baseUrl === embeddedUrl ? '' : settings.baseUrl);
    writeItem('key', settings.key, session);
    writeItem('model', settings.model);
    writeItem('max-tokens', String(settings.maxTokens ?? ''));
    writeItem('chunk-bytes', String(settings.chunkBytes));
    changed();
  });
}
