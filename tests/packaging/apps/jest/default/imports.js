/** The package can be imported in an environment in which it can't be used. */
const { programs } = require('./src/programs.js');

for (const name of Object.keys(JSON.parse(process.env.URLS))) {
  test(name, () => {
    expect(typeof programs[name]().run).toBe('function');
  });
}
