/** Formats blocks of an event stream. Runs in Node and in the page. */

/**
 * @typedef {{ id?: string | number, event?: string, data?: string, retry?: number, comment?: string }} Block
 * One block of a stream, which ends with a blank line.
 */

/** @param {Block} block */
export function format({ comment, retry, id, event, data }) {
  let text = '';
  if (comment !== undefined) text += `: ${comment}\n`;
  if (retry !== undefined) text += `retry: ${retry}\n`;
  if (id !== undefined) text += `id: ${id}\n`;
  if (event !== undefined) text += `event: ${event}\n`;
  if (data !== undefined) for (const line of data.split('\n')) text += `data: ${line}\n`;
  return `${text}\n`;
}
