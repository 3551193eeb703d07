/** Node as an engine: a process that runs one function of a bundle. In: `{ file, name, args }`. Out: its result. */
// @ts-check

process.once('message', async (/** @type {{ file: string, name: string, args: unknown[] }} */ message) => {
  const { file, name, args } = message;
  // Node loads the code behind these at the first look, whoever takes it.
  void [globalThis.Request, globalThis.EventSource];
  const result = await (await import(file))[name](...args);
  process.send?.(result, () => process.exit());
});
