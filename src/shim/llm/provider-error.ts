/** Finds errors in the JSON of providers, and their messages. */

import { fromJson, isObject, textOf } from './json.js';
import type { Json } from './types.js';

/** An error that the provider reports in the stream or instead of it. */
export interface ProviderError {
  message: string;
  /** The provider's name for the error. */
  type: string | undefined;
  code: string | undefined;
  /** The HTTP status that the error contains. */
  status: number | undefined;
  /** Milliseconds to wait before a retry. */
  retryAfter: number | undefined;
  raw: unknown;
}

/** Names of members that contain a message, the most likely first. */
const WORDS = [/(message|msg|errorText|^text)$/i, /^detail/i, /^(errors?|reason|title)/i];

const NO_WORDS = 'The provider ended the answer with an error';

/** Whether a value isn't empty. Null, zero, false, empty text and objects with such members only are empty. */
function isFilled(value: Json): boolean {
  return isObject(value) ? Object.values(value).some(isFilled) : Boolean(value);
}

/** Whether a chunk reports an error. `isKnown`: it has the shape of a chunk of an answer. */
export function isError(chunk: Json, event = '', isKnown = false): boolean {
  if (/^error|exception$/i.test(event)) return true;
  if (Array.isArray(chunk)) return chunk.some((item) => isError(item, event, isKnown));
  if (!isObject(chunk)) return false;
  const { type, object, base_resp, response, x_groq, success, status, detail, code, message, msg } = chunk;
  const names = isKnown ? /^errors?(_?(code|message|msg|type))?$/i : /^(is|has)?_?err|error|exception/i;
  return (
    [type, chunk.event, object].includes('error') ||
    Object.keys(chunk).some((name) => names.test(name) && isFilled(chunk[name])) ||
    [base_resp?.status_code, response?.error, x_groq?.error].some(isFilled) ||
    (!isKnown &&
      (success === false ||
        /^(error|failed)$/i.test(status) ||
        isFilled(detail) ||
        (isFilled(code) && !/^(200|ok|success)$/i.test(code) && isFilled(message ?? msg))))
  );
}

/** Finds the first member, outermost first, whose name and value match. Items of a list have the list's name. */
function search(json: Json, names: RegExp, values: RegExp, listName?: string): string | undefined {
  const members = isObject(json) ? Object.entries<Json>(json) : [];
  for (const [name, value] of members) {
    if (names.test(listName ?? name) && /str|num/.test(typeof value) && values.test(value)) return `${value}`;
  }
  for (const [name, value] of members) {
    const found = search(value, names, values, Array.isArray(value) ? name : undefined);
    if (found) return found;
  }
  return undefined;
}

/** Finds the message of an error. Some messages are JSON again. */
function words(json: Json): string | undefined {
  let found = textOf(json);
  for (const names of WORDS) found ??= search(json, names, /\D/);
  const inner = found && fromJson(found);
  return (isObject(inner) && words(inner)) || found;
}

/** Reads the error of a response's body, which may be JSON, an event stream, HTML or plain text. */
export function toBodyError(body: string): ProviderError {
  const json = fromJson(/^data:(.+)$/m.exec(body)?.[1] ?? body);
  return toProviderError(
    typeof json === 'string'
      ? json
          .replace(/(<(style|script|head)\b[\s\S]*?<\/\2>|<[^>]*>|\s)+/gi, ' ')
          .trim()
          .slice(0, 500)
      : json,
  );
}

export function toProviderError(json: Json): ProviderError {
  // Members of the inner error take precedence over those beside it.
  const inner = [json?.error, json?.response?.error].find(isObject);
  const find = (names: RegExp, values: RegExp) => search(inner, names, values) ?? search(json, names, values);
  const message = words(inner) ?? words(json) ?? (json ? JSON.stringify(json) : NO_WORDS);
  // Gateways add the message of the provider behind them.
  const more = words(json?.error?.metadata?.raw);
  return {
    message: more ? `${message}: ${more}` : message,
    type: find(/^_*(error_?)?type$|^status$/i, /^(?!error$|failed$|response\.)\D/),
    code: find(/^(error_?|status_?)?code$/i, /./),
    status: Number(find(/^(http_?)?(status|code|status_?code)$/i, /^[45]\d\d$/)) || undefined,
    retryAfter: Math.round(Number.parseFloat(find(/^retryDelay$/, /./) ?? '') * 1000) || undefined,
    raw: json,
  };
}
