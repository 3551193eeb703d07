import { EventSource } from 'eventsource-wasm';
import { exchange } from './exchange.js';

export const run = (url) => exchange(EventSource, url);
