/** The constructor's arguments, checked and completed. What is wrong with them is thrown at once. */

import { RequestFactory } from './request.js';
import type { EventSourceInit, ReconnectPolicy } from './types.js';
import { fail } from './url.js';

/** What the Rust driver takes (`Settings` in `src/browser/sys.rs`). */
export interface Settings {
  url: string;
  method: string;
  fetch: EventSourceInit['fetch'];
  rules: number;
  policy: Float64Array | undefined;
  statuses: Uint16Array | undefined;
  canResume: boolean;
  accepts: boolean;
  connectTimeout: number | undefined;
  idleTimeout: number | undefined;
  maxEventSize: number | undefined;
  pausesWhenHidden: boolean;
  lastEventId: string;
  comments: boolean;
  dropsReplayed: boolean;
  countsBytes: boolean;
}

const ownNames = [
  ...['withCredentials', 'url', 'headers', 'signal', 'fetch', 'accept', 'reconnect', 'resume'],
  ...['lastEventId', 'store', 'storeName', 'dropReplayed', 'connectTimeout', 'idleTimeout', 'maxEventSize'],
  ...['whenHidden', 'comments', 'onEvent', 'trace'],
];

/** What `fetch` takes in browsers, and what the `fetch` of Node, Bun, Deno and Cloudflare's workers adds to it. */
const fetchNames = [
  ...['method', 'body', 'cache', 'credentials', 'duplex', 'integrity', 'keepalive', 'mode', 'priority'],
  ...['redirect', 'referrer', 'referrerPolicy', 'targetAddressSpace', 'window'],
  ...['dispatcher', 'client', 'cf', 'decompress', 'proxy', 'tls', 'unix', 'verbose'],
];

/** The members of a policy in the order of `policy` in `src/browser/mod.rs`. */
const policyNames = [
  ...['initialDelay', 'factor', 'jitter', 'maxDelay', 'maxAttempts', 'maxTime', 'resetAfter', 'retryAfter'],
] as (keyof ReconnectPolicy)[];

/** The constructor's second argument as a dictionary: a copy, as each member is read once. */
export function toDictionary(init: unknown): EventSourceInit {
  if (init === undefined || init === null) return {};
  if (typeof init !== 'object' && typeof init !== 'function') fail('the second argument has to be an object');
  // Also where a loop over the names doesn't come by.
  const { withCredentials } = init as EventSourceInit;
  const members: Record<string, unknown> = { withCredentials: Boolean(withCredentials) };
  for (const name in init) {
    if (name !== 'withCredentials') members[name] = (init as Record<string, unknown>)[name];
  }
  return members;
}

/** What the user's `init` asks for. */
export function toSettings(
  url: string,
  init: EventSourceInit,
): { settings: Settings; requests: RequestFactory } {
  const fetchInit: Record<string, unknown> = {
    cache: 'no-store',
    credentials: init.withCredentials ? 'include' : 'same-origin',
    mode: 'cors',
  };
  for (const name in init) {
    if (fetchNames.includes(name)) {
      const value = init[name as keyof EventSourceInit];
      if (value !== undefined && name !== 'body') fetchInit[name] = value;
    } else if (!ownNames.includes(name)) {
      fail(`unknown option "${name}"; there are ${[...ownNames, ...fetchNames].join(', ')}`);
    }
  }
  for (const name of ['url', 'fetch', 'accept', 'onEvent', 'trace'] as const) {
    if (init[name] !== undefined && typeof init[name] !== 'function')
      fail(`the option "${name}" has to be a function`);
  }
  const { whenHidden = 'keep', reconnect, lastEventId = '' } = init;
  if (whenHidden !== 'keep' && whenHidden !== 'pause') {
    fail(`the option "whenHidden" is "${whenHidden}"; it has to be "keep" or "pause"`);
  }
  const method = `${init.method ?? 'GET'}`;
  return {
    requests: new RequestFactory(url, method, fetchInit, init),
    settings: {
      url,
      method,
      fetch: init.fetch,
      ...toRules(reconnect),
      canResume: init.resume !== undefined,
      accepts: init.accept !== undefined,
      connectTimeout: toNumber('connectTimeout', init.connectTimeout),
      idleTimeout: toNumber('idleTimeout', init.idleTimeout),
      maxEventSize: toNumber('maxEventSize', init.maxEventSize),
      pausesWhenHidden: whenHidden === 'pause',
      lastEventId: toEventId(lastEventId),
      comments: Boolean(init.comments),
      dropsReplayed: Boolean(init.dropReplayed),
      countsBytes: init.trace !== undefined,
    },
  };
}

function toRules(reconnect: EventSourceInit['reconnect']): Pick<Settings, 'rules' | 'policy' | 'statuses'> {
  const rules = (number: number) => ({ rules: number, policy: undefined, statuses: undefined });
  if (reconnect === undefined) return rules(0);
  if (reconnect === false) return rules(1);
  if (typeof reconnect === 'function') return rules(3);
  if (reconnect !== true && (typeof reconnect !== 'object' || reconnect === null)) {
    fail('the option "reconnect" has to be true, false, a policy or a function');
  }
  const { statuses = [], ...policy }: ReconnectPolicy = {
    jitter: 0.5,
    ...(reconnect === true ? {} : reconnect),
  };
  for (const name in policy) {
    if (!policyNames.includes(name as keyof ReconnectPolicy)) {
      fail(`unknown member "${name}" of "reconnect"; there are statuses, ${policyNames.join(', ')}`);
    }
  }
  const numbers = policyNames.map((name) => {
    const value = policy[name as keyof typeof policy];
    return toNumber(`reconnect.${name}`, typeof value === 'boolean' ? Number(value) : value) ?? Number.NaN;
  });
  return { rules: 2, policy: new Float64Array(numbers), statuses: new Uint16Array(statuses) };
}

/** Nothing else could be sent as a header, and no stream has such an ID. */
export function toEventId(value: unknown): string {
  const id = `${value as string}`;
  if (/[\0\r\n]/.test(id)) {
    fail(`the last event ID is ${JSON.stringify(id)}; an ID has no line break and no NUL in it`);
  }
  return id;
}

function toNumber(name: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !(value >= 0)) {
    fail(`the option "${name}" is ${String(value)}; it has to be a number that isn't negative`);
  }
  return value;
}
