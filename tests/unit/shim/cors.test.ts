/** CORS errors have their own kind. Only browsers have CORS. */

import { expect } from 'chai';
import { EventSource, type EventSourceErrorEvent } from 'eventsource-wasm';
import { events } from 'eventsource-wasm/stream';
import { next, sleep } from '../../conformance/conformance-test.js';
import { type Answer, Scenario } from '../../support/server/scenario.js';

const refused: Answer = { cors: 'none', steps: ['data: secret\n\n', { end: 'hang' }] };

if ('document' in globalThis) {
  describe('CORS errors', () => {
    it('a GET that CORS blocks fails, and the error names the missing header', async () => {
      const scenario = await Scenario.of(refused);
      const source = new EventSource(scenario.otherUrl);
      const error = await next<EventSourceErrorEvent>(source, 'error');
      expect(error).to.include({ kind: 'cors', willReconnect: false });
      expect(error.message).to.contain('Access-Control-Allow-Origin');
      expect(source.readyState).to.equal(EventSource.CLOSED);
      // The request, a no-cors probe that is aborted after its headers, and the request again.
      const requests = await scenario.requests();
      expect(requests.map(({ method }) => method)).to.deep.equal(['GET', 'GET', 'GET']);
      source.close();
    });

    it('close() ends the probe', async () => {
      const { fetch } = globalThis;
      const probe = new Promise<AbortSignal>((resolve) => {
        globalThis.fetch = async (_url, init) => {
          if (init?.mode !== 'no-cors') throw new TypeError('Failed to fetch');
          resolve(init.signal as AbortSignal);
          return new Promise(() => {});
        };
      });
      const source = new EventSource('http://127.0.0.1:1/');
      try {
        const signal = await probe;
        expect(signal.aborted).to.equal(false);
        source.close();
        expect(signal.aborted).to.equal(true);
      } finally {
        globalThis.fetch = fetch;
        source.close();
      }
    });

    it('events() throws the error', async () => {
      const scenario = await Scenario.of(refused);
      const thrown = await events(scenario.otherUrl)
        .next()
        .catch((error) => error);
      expect(thrown).to.include({ name: 'EventSourceError', kind: 'cors' });
    });

    it('with corsProbe: false, it is a network error and reconnects', async () => {
      const scenario = await Scenario.of(refused);
      const source = new EventSource(scenario.otherUrl, { corsProbe: false });
      const error = await next<EventSourceErrorEvent>(source, 'error');
      expect(error).to.include({ kind: 'network', willReconnect: true });
      source.close();
      expect(await scenario.requests()).to.have.length(1);
    });

    it('a POST is never repeated or probed', async () => {
      const scenario = await Scenario.of(refused);
      const source = new EventSource(scenario.otherUrl, { method: 'POST', body: 'costly' });
      const error = await next<EventSourceErrorEvent>(source, 'error');
      expect(error).to.include({ kind: 'network', willReconnect: false });
      await sleep(50);
      expect(await scenario.requests()).to.have.length(1);
    });

    it('a server that is down is not a CORS error', async () => {
      const source = new EventSource('http://127.0.0.1:1/');
      const error = await next<EventSourceErrorEvent>(source, 'error');
      expect(error).to.include({ kind: 'network', willReconnect: true });
      source.close();
    });
  });
}
