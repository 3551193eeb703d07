import { programs } from './src/programs.js';

export default {
  async fetch(request) {
    const results = {};
    for (const [name, url] of Object.entries(await request.json())) {
      const { run } = await programs[name]();
      results[name] = await run(url).catch((error) => `${error}`);
    }
    return Response.json(results);
  },
};
