const { programs } = require('./src/programs.js');

const urls = JSON.parse(process.env.URLS);
for (const [name, url] of Object.entries(urls)) {
  test(name, async () => {
    const { run } = programs[name]();
    expect(await run(url)).toBe('Hello world streamed');
  });
}
