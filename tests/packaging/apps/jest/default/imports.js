/** A component that imports ours is imported by tests that never use it. */
const { programs } = require('./src/programs.js');

for (const name of Object.keys(JSON.parse(process.env.URLS))) {
  test(name, () => {
    expect(typeof programs[name]().run).toBe('function');
  });
}
