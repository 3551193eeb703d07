/** Errors in providers' JSON: where they are, and what they say. */

import { fromJson, isObject, list } from './answer.js';
import type { Json } from './types.js';

/** An error that the provider reports within the stream, or instead of it. */
export interface ProviderError {
  message: string;
  /** The provider's name for the error. */
  type: string | undefined;
  code: string | undefined;
  /** The HTTP status that the error names. */
  status: number | undefined;
  /** Milliseconds to wait before trying again. */
  retryAfter: number | undefined;
  raw: unknown;
}

/** Names of members that have a message, the most likely first. */
const WORDS = [/(message|msg|errorText|^text)$/i, /^(detail|errors?|reason|title)/i];

const NO_WORDS = 'The provider reported an error without a message';

/** Whether a member says something: not null, zero, empty text or an object of such. */
function isFilled(value: Json): boolean {
  return isObject(value) ? Object.values(value).some(isFilled) : Boolean(value);
}

/** Whether a chunk reports an error. `isKnown`: it has the shape of an answer's chunk. */
export function isError(chunk: Json, event: string | undefined, isKnown: boolean): boolean {
  if (/^(error|exception)$/i.test(event ?? '')) return true;
  if (!isObject(chunk)) return false;
  if ([chunk.type, chunk.event, chunk.object].includes('error')) return true;
  const names = isKnown ? /^errors?(_?(code|message|msg|type))?$/i : /^(is_?|has_?)?err|error|exception/i;
  if (Object.keys(chunk).some((name) => names.test(name) && isFilled(chunk[name]))) return true;
  if ([chunk.base_resp?.status_code, chunk.response?.error, chunk.x_groq?.error].some(isFilled)) return true;
  if (isKnown) return false;
  const { success, status, detail, code, message, msg } = chunk;
  const isBad = isFilled(code) && !/^(200|ok|success)$/i.test(code);
  return (
    success === false ||
    /^(error|failed)$/i.test(status) ||
    isFilled(detail) ||
    (isBad && isFilled(message ?? msg))
  );
}

/** What JSON says in words. */
function words(value: Json): string | undefined {
  if (typeof value === 'string') {
    const parsed = /^\s*[[{]/.test(value) && fromJson(value);
    return (isObject(parsed) && words(parsed)) || value || undefined;
  }
  if (Array.isArray(value)) return value.map(words).filter(Boolean).join('; ') || undefined;
  if (!isObject(value)) return undefined;
  for (const names of WORDS) {
    for (const name in value) {
      const found = names.test(name) && words(value[name]);
      if (found) return found;
    }
  }
  return undefined;
}

/** The words of a response's body, which may also be an event stream, HTML or plain text. */
export function toBodyError(body: string): ProviderError {
  const json = fromJson(/^data:(.+)$/m.exec(body)?.[1] ?? body);
  return toProviderError(
    typeof json === 'string'
      ? json
          .replace(/<(style|script|head)\b[\s\S]*?<\/\1>|<[^>]*>/gi, ' ')
          .replace(/\s+/g, ' ')
          .trim()
          .slice(0, 500)
      : json,
  );
}

export function toProviderError(json: Json): ProviderError {
  const outer = Array.isArray(json) ? json[0] : json;
  const inner = [
    outer?.error,
    outer?.errors?.[0],
    outer?.response?.error,
    outer?.base_resp,
    outer?.x_groq,
  ].find(isObject);
  const places = [inner, inner?.error, outer, outer?.detail, outer?.message].filter(isObject);
  const find = (names: RegExp, values: RegExp): string | undefined => {
    for (const place of places) {
      for (const name in place) {
        const value = place[name];
        if (names.test(name) && /str|num/.test(typeof value) && values.test(value)) return `${value}`;
      }
    }
    return undefined;
  };
  const delay = places
    .flatMap(({ details }) => list(details))
    .find(({ retryDelay }) => retryDelay)?.retryDelay;
  const more = words(inner?.metadata?.raw);
  const message = words(inner) ?? words(outer) ?? (json ? JSON.stringify(inner ?? outer) : NO_WORDS);
  return {
    message: more ? `${message}: ${more}` : message,
    type: find(/^_*(error_?)?type$|^status$/i, /^(?!error$)\D/),
    code: find(/^(error_?|status_?)?code$/i, /./),
    status: Number(find(/^(http_?)?(status|code|status_?code)$/i, /^[45]\d\d$/)) || undefined,
    retryAfter: Math.round(Number.parseFloat(delay?.seconds ?? delay) * 1000) || undefined,
    raw: json,
  };
}
