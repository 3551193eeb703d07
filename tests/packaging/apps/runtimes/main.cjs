const { programs } = require('./src-cjs/programs.js');

(async () => {
  const results = {};
  for (const [name, url] of Object.entries(JSON.parse(process.argv[2]))) {
    const { run } = programs[name]();
    results[name] = await run(url).catch((error) => `${error}`);
  }
  console.log(JSON.stringify(results));
})();
