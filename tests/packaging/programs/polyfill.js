import 'eventsource-wasm/polyfill';
import { exchange } from './exchange.js';

export const run = (url) => exchange(globalThis.EventSource, url);
