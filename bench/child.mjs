/**
 * Node as an engine: a process that runs one function of a bundle. In: a message `{ file, name, args }`. Out: a message
 * with what it has returned and when it was loaded.
 */
// @ts-check

process.once('message', async (/** @type {{ file: string, name: string, args: unknown[] }} */ message) => {
  const { file, name, args } = message;
  // Node loads what is behind these when they are first looked at: no client's fault.
  void [globalThis.Request, globalThis.EventSource];
  const begin = performance.now();
  const loaded = await import(file);
  const load = performance.now() - begin;
  const result = await (name === 'firstEvent'
    ? loaded.firstEvent(loaded.client, ...args)
    : loaded[name](...args));
  process.send?.({ load, result }, () => process.exit());
});
