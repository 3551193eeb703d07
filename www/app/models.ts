import { base } from './base';
import type { Settings } from './settings';

export interface Model {
  id: string;
  title?: string;
  language?: string;
}

export interface ModelList {
  models: Model[];
  /** Whether the server is the playground's own, which has parameters for rates and faults. */
  embedded: boolean;
  /** Why the list couldn't be loaded. */
  problem?: string;
}

export async function listModels({ baseUrl, key, model }: Settings): Promise<ModelList> {
  const own = baseUrl.startsWith(base);
  const named: Model[] = model ? [{ id: model }] : [];
  try {
    const response = await fetch(`${baseUrl.replace(/\/+$/, '')}/models`, {
      headers: { Authorization: `Bearer ${key}` },
    });
    if (!response.ok)
      return { models: named, embedded: own, problem: `the list of models answered ${response.status}` };
    const { data } = (await response.json()) as { data: (Model & { owned_by?: string })[] };
    const embedded = own || data.some(({ owned_by }) => owned_by === 'eventsource-wasm');
    return {
      models: [...named.filter(({ id }) => data.every((other) => other.id !== id)), ...data],
      embedded,
    };
  } catch {
    return { models: named, embedded: own, problem: 'the list of models can’t be read' };
  }
}
