/** Suggestions for misspelled option names, and for the names of other packages. */

import { expect } from 'chai';
import { EventSource, type EventSourceInit } from 'eventsource-wasm';

const url = 'http://127.0.0.1:1/';

function create(init: object): void {
  new EventSource(url, init as EventSourceInit).close();
}

describe('reconnect.statuses', () => {
  for (const statuses of [503, '503', [42], [1000], ['5xx'], [Number.NaN]]) {
    it(`${JSON.stringify(statuses)} is refused`, () => {
      expect(() => create({ reconnect: { statuses } })).to.throw(TypeError, /"reconnect\.statuses" is/);
    });
  }
});

describe('options that fetch refuses', () => {
  for (const init of [
    { credentials: 'all' },
    { mode: 'navigate' },
    { redirect: 'always' },
    { cache: 'never' },
    { cache: 'only-if-cached' },
    { referrer: 'https://:x' },
    { method: 'TRACE' },
    { method: 'a b' },
    { resume: { method: 'CONNECT' } },
  ]) {
    const refused = 'resume' in init ? init.resume : init;
    // Some runtimes ignore some of the options.
    let isRefused = false;
    try {
      new Request(url, refused as RequestInit);
    } catch {
      isRefused = true;
    }
    it(`${JSON.stringify(init)} is ${isRefused ? 'refused' : 'ignored, as fetch does'}`, () => {
      if ('document' in globalThis) expect(isRefused).to.equal(true);
      if (isRefused) expect(() => create(init)).to.throw(TypeError, 'fetch would refuse the options: ');
      else create(init);
    });
  }

  it('others are passed on', () => {
    create({ method: 'QUERY', body: 'x', redirect: 'follow', referrerPolicy: 'no-referrer' });
  });
});

describe('names of options', () => {
  for (const [name, suggestion] of [
    ['timeout', '"idleTimeout"'],
    ['heartbeatTimeout', '"idleTimeout"'],
    ['payload', '"body"'],
    ['retries', '"reconnect: { maxAttempts }"'],
    ['maxRetries', '"reconnect: { maxAttempts }"'],
    ['header', '"headers"'],
    ['Headers', '"headers"'],
    ['heders', '"headers"'],
    ['mehtod', '"method"'],
    ['lastEventID', '"lastEventId"'],
    ['timeoutMs', '"idleTimeout"'],
    ['heartbeat_interval', '"idleTimeout"'],
    ['conectTimeout', '"connectTimeout"'],
    ['idle-timeout', '"idleTimeout"'],
    ['max_attempts', '"reconnect: { maxAttempts }"'],
    ['maxDelay', '"reconnect: { maxDelay }"'],
    ['retryDelay', '"reconnect: { initialDelay }"'],
    ['retryInterval', '"reconnect: { initialDelay }"'],
    ['onmessage', '"addEventListener"'],
  ] as const) {
    it(`${name}: did you mean ${suggestion}?`, () => {
      expect(() => create({ [name]: 1 })).to.throw(
        TypeError,
        `unknown option "${name}"; did you mean ${suggestion}?`,
      );
    });
  }

  it('an unknown name lists the options that exist on every platform', () => {
    expect(() => create({ xyzzy: 1 })).to.throw(TypeError, /there are withCredentials.*headers/);
    expect(() => create({ xyzzy: 1 })).not.to.throw(TypeError, /dispatcher|decompress/);
  });

  it('a misspelled member of a policy', () => {
    expect(() => create({ reconnect: { maxDelai: 1 } })).to.throw(TypeError, 'did you mean "maxDelay"?');
  });

  it('undefined options are ignored, and undici’s options don’t throw', () => {
    create({ xyzzy: undefined, headers: undefined, reconnect: undefined, lastEventId: undefined });
    create({ node: { dispatcher: {}, reconnectionTime: 10 } });
  });
});
