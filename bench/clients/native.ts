/** The engine's own class; in Node undici's, which a flag brings. */

import { ofClass } from './client.js';

export { firstEvent } from './client.js';
export const client = ofClass('native', globalThis.EventSource);
