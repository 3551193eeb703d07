/**
 * The page that creates every kind of global for the conformance tests. The scenario server serves it, so that pages,
 * workers and streams have one origin. It forwards messages with a port and a `Command` to the global.
 */

import type { Global } from './conformance-test.js';

const SCRIPT = 'global.js';

/** Posts a message to a global. */
type Post = (message: unknown, ports: MessagePort[]) => void;

/** Creates a global of each kind. Returns undefined if the browser doesn't support it. */
const makers: Partial<Record<Global, () => Promise<Post | undefined>>> = {
  async window() {
    const frame = document.createElement('iframe');
    frame.src = 'window.html';
    const loaded = new Promise((resolve) => frame.addEventListener('load', resolve));
    document.body.append(frame);
    await loaded;
    return (message, ports) => frame.contentWindow?.postMessage(message, '*', ports);
  },
  async 'dedicated worker'() {
    const worker = new Worker(SCRIPT);
    return (message, ports) => worker.postMessage(message, ports);
  },
  async 'shared worker'() {
    if (!('SharedWorker' in globalThis)) return undefined;
    const { port } = new SharedWorker(SCRIPT);
    return (message, ports) => port.postMessage(message, ports);
  },
  async 'service worker'() {
    if (!navigator.serviceWorker) return undefined;
    const { installing, waiting, active } = await navigator.serviceWorker.register(SCRIPT);
    const worker = installing ?? waiting ?? active;
    while (worker && worker.state !== 'activated') {
      await new Promise((resolve) => worker.addEventListener('statechange', resolve, { once: true }));
    }
    return worker ? (message, ports) => worker.postMessage(message, ports) : undefined;
  },
};

const made: Partial<Record<Global, Promise<Post | undefined>>> = {};

addEventListener('message', async ({ data, ports: [port] }: MessageEvent<{ global: Global }>) => {
  if (!port) return;
  try {
    made[data.global] ??= makers[data.global]?.() ?? Promise.resolve(undefined);
    const post = await made[data.global];
    if (post) post(data, [port]);
    else port.postMessage('absent');
  } catch (error) {
    port.postMessage({ error: `${error}` });
  }
});
