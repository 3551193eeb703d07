/** The values of `readyState`. */

export const CONNECTING = 0;
export const OPEN = 1;
export const CLOSED = 2;
