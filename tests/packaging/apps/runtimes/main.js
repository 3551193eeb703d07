import process from 'node:process';
import { programs } from './src/programs.js';

const results = {};
for (const [name, url] of Object.entries(JSON.parse(process.argv[2]))) {
  const { run } = await programs[name]();
  results[name] = await run(url).catch((error) => `${error}`);
}
console.log(JSON.stringify(results));
