import { programs } from '../../../../src/programs.js';

export const runtime = 'edge';

export async function GET(request, { params }) {
  const { program } = await params;
  const { run } = await programs[program]();
  try {
    return new Response(await run(new URL(request.url).searchParams.get('url')));
  } catch (error) {
    return new Response(`${error}`, { status: 500 });
  }
}
