import { programs } from './src/programs.js';

export default {
  async fetch(request) {
    const { index } = await request.json();
    const { run } = await programs.index();
    return new Response(await run(index).catch((error) => `${error}`));
  },
};
