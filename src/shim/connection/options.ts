/** Checks the options of a connection, and fills in the defaults. */

import { defaultFetchInit } from '../platform.js';
import type { EventSourceInit, FetchLike, ReconnectPolicy } from '../types.js';
import { RequestFactory } from './request-factory.js';
import { fail, typeName } from './url.js';

/** The rules about reconnecting, as `Rules` in `src/core/retry.rs`. */
export enum Rules {
  Standard,
  Never,
  Policy,
  Ask,
}

/** The default limit for a line or an event, in bytes: 64 MiB. */
export const DEFAULT_MAX_EVENT_SIZE = 64 * 1024 * 1024;

/** The complete settings of a connection. Times are in milliseconds. */
export interface ConnectionPolicy {
  /** Absolute. */
  url: string;
  method: string;
  credentials: RequestCredentials;
  fetch: FetchLike | undefined;
  rules: Rules;
  initialDelay: number;
  factor: number;
  jitter: number;
  /** NaN means 30,000, or the reconnection time if that is longer. */
  maxDelay: number;
  maxAttempts: number;
  maxTime: number;
  resetAfter: number;
  statuses: readonly number[];
  heedsRetryAfter: boolean;
  canResume: boolean;
  /** Infinity means none, also for `idleTimeout`. */
  connectTimeout: number;
  idleTimeout: number;
  maxEventSize: number;
  pausesWhenHidden: boolean;
  probesCors: boolean;
  lastEventId: string;
  dropsReplayed: boolean;
}

const NONE = Number.POSITIVE_INFINITY;

/** The policy if no options are given. */
export const defaults: Omit<ConnectionPolicy, 'url'> = {
  method: 'GET',
  credentials: 'same-origin',
  fetch: undefined,
  rules: Rules.Standard,
  initialDelay: 3_000,
  factor: 2,
  jitter: 0,
  maxDelay: Number.NaN,
  maxAttempts: NONE,
  maxTime: NONE,
  resetAfter: 0,
  statuses: [],
  heedsRetryAfter: true,
  canResume: false,
  connectTimeout: NONE,
  idleTimeout: NONE,
  maxEventSize: DEFAULT_MAX_EVENT_SIZE,
  pausesWhenHidden: false,
  probesCors: false,
  lastEventId: '',
  dropsReplayed: false,
};

/** Options that are non-negative numbers. They have the same names in the policy. */
const limitNames = ['connectTimeout', 'idleTimeout', 'maxEventSize'] as const;
const delayNames = [
  ...(['initialDelay', 'factor', 'jitter', 'maxDelay', 'maxAttempts', 'maxTime', 'resetAfter'] as const),
];

const functionNames = ['url', 'fetch', 'accept', 'onEvent', 'trace'] as const;

const otherNames = [
  ...['withCredentials', 'method', 'headers', 'body', 'signal', 'reconnect', 'resume', 'lastEventId'],
  ...['store', 'storeName', 'dropReplayed', 'whenHidden', 'corsProbe', 'comments'],
];

/** Options of `fetch` in browsers. */
const fetchNames = [
  ...['cache', 'credentials', 'duplex', 'integrity', 'keepalive', 'mode', 'priority', 'redirect'],
  ...['referrer', 'referrerPolicy', 'targetAddressSpace', 'window'],
];

/** Additional `fetch` options of Node, Bun, Deno and Cloudflare Workers. */
const runtimeNames = ['dispatcher', 'client', 'cf', 'decompress', 'proxy', 'tls', 'unix', 'verbose'];

/** Names that other packages use for similar options. */
const nearNames: [names: RegExp, option: string][] = [
  [/^on/i, 'addEventListener'],
  [/timeout|heartbeat/i, 'idleTimeout'],
  [/^(payload|data|json)$/, 'body'],
  [/retries|count|attempts/i, 'reconnect: { maxAttempts }'],
  [/delay|interval/i, 'reconnect: { initialDelay }'],
  [/retry/i, 'reconnect'],
  [/eventId/i, 'lastEventId'],
  [/hidden/i, 'whenHidden'],
  [/size/i, 'maxEventSize'],
];

/** Copies the constructor's second argument, because a Web IDL dictionary reads each member once. */
export function toDictionary(init: unknown): EventSourceInit {
  if (init === undefined || init === null) return {};
  if (typeof init !== 'object' && typeof init !== 'function') fail('the second argument must be an object');
  // Read separately, because the loop skips it if it isn't enumerable.
  const { withCredentials } = init as EventSourceInit;
  const members: Record<string, unknown> = { withCredentials: Boolean(withCredentials) };
  for (const name in init) {
    if (name !== 'withCredentials') members[name] = (init as Record<string, unknown>)[name];
  }
  return members;
}

/** Creates the policy and the request factory from the user's `init`. Throws if an option is wrong. */
export function parseOptions(
  url: string,
  init: EventSourceInit,
): { policy: ConnectionPolicy; requests: RequestFactory } {
  const fetchInit: Record<string, unknown> = { ...defaultFetchInit() };
  if (init.withCredentials && fetchInit.credentials) fetchInit.credentials = 'include';
  // Not a constant of the module, because bundlers can't remove spread arrays that are unused.
  const ownNames = [...otherNames, ...functionNames, ...limitNames];
  for (const name in init) {
    const value = init[name as keyof EventSourceInit];
    if (value === undefined || ownNames.includes(name)) continue;
    if (name === 'node') {
      if (init.node?.dispatcher !== undefined) fetchInit.dispatcher = init.node.dispatcher;
    } else if (fetchNames.includes(name) || runtimeNames.includes(name)) fetchInit[name] = value;
    else failUnknown(`option "${name}"`, name, [...ownNames, ...fetchNames], policyNames());
  }
  if (init.signal && typeof init.signal.addEventListener !== 'function')
    fail('the option "signal" must be an AbortSignal');
  for (const name of functionNames) {
    if (init[name] !== undefined && typeof init[name] !== 'function')
      fail(`the option "${name}" must be a function, got ${typeName(init[name])}`);
  }
  const { whenHidden = 'keep', lastEventId } = init;
  if (whenHidden !== 'keep' && whenHidden !== 'pause') {
    fail(`the option "whenHidden" is "${whenHidden}"; it must be "keep" or "pause"`);
  }
  const method = `${init.method ?? 'GET'}`;
  return {
    requests: new RequestFactory(url, method, fetchInit, init),
    policy: {
      ...defaults,
      url,
      method,
      credentials: (fetchInit.credentials as RequestCredentials | undefined) ?? 'same-origin',
      fetch: init.fetch as FetchLike | undefined,
      ...parseReconnect(init),
      canResume: Boolean(init.resume),
      ...numbersOf(init, limitNames),
      pausesWhenHidden: whenHidden === 'pause',
      probesCors:
        init.corsProbe !== false && !init.fetch && method.toUpperCase() === 'GET' && isCrossOrigin(url),
      lastEventId: toEventId(lastEventId ?? ''),
      dropsReplayed: Boolean(init.dropReplayed),
    },
  };
}

/** Whether this is a page or a worker, and a request to the URL can fail because of CORS. */
function isCrossOrigin(url: string): boolean {
  const { location, document } = globalThis as { location?: Location; document?: unknown };
  if (!location?.origin || (!document && typeof WorkerGlobalScope === 'undefined')) return false;
  // Not by `new URL` or a regular expression, whose first use takes longer.
  return url.startsWith('http') && !url.startsWith(`${location.origin}/`);
}

declare const WorkerGlobalScope: unknown;

function parseReconnect({ reconnect, node }: EventSourceInit): Partial<ConnectionPolicy> {
  const { reconnectionTime: initialDelay = defaults.initialDelay } = numbersOf(
    node ?? {},
    ['reconnectionTime'],
    'node.',
  );
  if (reconnect === undefined) return { initialDelay };
  if (reconnect === false) return { rules: Rules.Never };
  if (typeof reconnect === 'function') return { rules: Rules.Ask, initialDelay };
  if (reconnect !== true && (typeof reconnect !== 'object' || reconnect === null)) {
    fail(`the option "reconnect" must be true, false, a policy or a function, got ${typeName(reconnect)}`);
  }
  const policy: ReconnectPolicy = reconnect === true ? {} : reconnect;
  for (const name in policy) {
    if (!policyNames().includes(name)) failUnknown(`member "${name}" of "reconnect"`, name, policyNames());
  }
  return {
    rules: Rules.Policy,
    initialDelay,
    jitter: 0.5,
    ...numbersOf(policy, delayNames, 'reconnect.'),
    statuses: statusesOf(policy.statuses ?? []),
    heedsRetryAfter: policy.retryAfter ?? true,
  };
}

function statusesOf(statuses: readonly number[]): number[] {
  const list = Array.from(statuses);
  const areValid =
    typeof statuses === 'object' && list.every((status) => status >= 100 && /^\d{3}$/.test(`${status}`));
  if (!areValid) {
    fail(
      `the option "reconnect.statuses" is ${JSON.stringify(statuses)}; it must be a list such as [429, 503]`,
    );
  }
  return list;
}

/** Converts an ID to a string. Throws if it can't be sent as a header; no stream can have set such an ID. */
export function toEventId(value: unknown): string {
  const id = `${value as string}`;
  if (/[\0\r\n]/.test(id)) {
    fail(`the last event ID is ${JSON.stringify(id)}; an ID can't contain a line break or NUL`);
  }
  return id;
}

/** Reads the options with these names. Throws if one isn't a non-negative number. */
function numbersOf<Name extends string>(
  options: { readonly [_ in Name]?: unknown },
  names: readonly Name[],
  prefix = '',
): { [_ in Name]?: number } {
  const numbers: { [_ in Name]?: number } = {};
  for (const name of names) {
    const value = options[name];
    if (value === undefined) continue;
    if (typeof value !== 'number' || !(value >= 0)) {
      fail(`the option "${prefix}${name}" is ${String(value)}; it must be a number from 0`);
    }
    numbers[name] = value;
  }
  return numbers;
}

const policyNames = (): string[] => [...delayNames, 'statuses', 'retryAfter'];

function failUnknown(what: string, name: string, names: string[], policyNames: string[] = []): never {
  const plain = name.replace(/[_-]/g, '').toLowerCase();
  const find = (names: string[]) => names.find((known) => isNear(known.toLowerCase(), plain));
  const ofPolicy = find(policyNames);
  const near =
    find(names) ??
    (ofPolicy && `reconnect: { ${ofPolicy} }`) ??
    nearNames.find(([pattern]) => pattern.test(name))?.[1];
  return fail(`unknown ${what}; ${near ? `did you mean "${near}"?` : `there are ${names.join(', ')}`}`);
}

/** Whether the names differ by one letter that was added, left out or changed, or by two that were swapped. */
function isNear(known: string, name: string): boolean {
  let start = 0;
  while (start < known.length && known[start] === name[start]) start++;
  const a = known.slice(start);
  const b = name.slice(start);
  return (
    a.slice(1) === b.slice(1) ||
    a.slice(1) === b ||
    a === b.slice(1) ||
    (a.slice(2) === b.slice(2) && a[0] === b[1] && a[1] === b[0])
  );
}
