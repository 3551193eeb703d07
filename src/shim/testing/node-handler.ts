/** Serves a `fetch` as a request listener of Node's `http`. The types are structural, so Node's types aren't needed. */

/** The members of Node's `IncomingMessage` that are used. */
export interface NodeRequest {
  method?: string | undefined;
  url?: string | undefined;
  headers: Record<string, string | string[] | undefined>;
  // biome-ignore lint/suspicious/noExplicitAny: as in Node's types.
  [Symbol.asyncIterator](): AsyncIterator<any>;
}

/** The members of Node's `ServerResponse` that are used. */
export interface NodeResponse {
  writeHead(status: number, headers: Record<string, string>): unknown;
  flushHeaders(): unknown;
  write(chunk: Uint8Array): boolean;
  end(): unknown;
  destroy(): unknown;
  once(event: 'close' | 'drain', listener: () => void): unknown;
}

export function isNodeResponse(value: object | undefined): value is NodeResponse {
  return value !== undefined && 'writeHead' in value;
}

export async function serveNode(
  fetch: (url: string, init: RequestInit) => Promise<Response>,
  request: NodeRequest,
  response: NodeResponse,
): Promise<void> {
  const controller = new AbortController();
  const closed = new Promise<void>((resolve) => {
    response.once('close', () => {
      controller.abort();
      resolve();
    });
  });
  try {
    const { ':authority': authority = 'localhost', host = authority, ...headers } = request.headers;
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const answer = await fetch(`http://${host}${request.url}`, {
      method: request.method ?? 'GET',
      // HTTP/2 has the parts of the request line among the headers.
      headers: Object.entries(headers).flatMap(([name, value]) =>
        /^:/.test(name) ? [] : [[name, `${value}`]],
      ),
      body: chunks.length > 0 ? new Blob(chunks as BlobPart[]) : null,
      signal: controller.signal,
    });
    const head: Record<string, string> = {};
    answer.headers.forEach((value, name) => {
      head[name] = value;
    });
    response.writeHead(answer.status, head);
    response.flushHeaders();
    const reader = answer.body?.getReader();
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (done) break;
      const isFull = !response.write(value as Uint8Array);
      if (isFull)
        await Promise.race([closed, new Promise<void>((resolve) => response.once('drain', resolve))]);
    }
    response.end();
  } catch {
    // The fake answer was cut, or the client has disconnected.
    response.destroy();
  }
}
