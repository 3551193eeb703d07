/** Declares what the docs' samples use without declaring it. run-sample.mjs has the values. */

declare function show(...values: unknown[]): void;
declare function showError(...values: unknown[]): void;
declare function render(value: unknown): void;
declare function ask(): void;
declare function askForKey(): void;
declare function call(name: string, input: unknown): unknown;
declare function run(name: string, input: unknown): Promise<string>;
declare function getToken(): Promise<string>;
declare function refreshToken(): Promise<string>;
declare function newTrace(): string;
declare function eventsAfter(lastEventId: string): { id: string; data: string }[];

declare const url: string;
declare const key: string;
declare const sessionId: string;
declare const user: { id: string };
declare const question: string;
declare const body: string;
declare const headers: Record<string, string>;
declare const model: string;
declare const input: string;
declare const contents: object[];
declare const messages: object[];
declare const tools: object[];
declare const options: import('eventsource-wasm').EventSourceInit;

/** Macros of Vue's and Svelte's compilers. */
declare function defineProps<Name extends string>(names: Name[]): Record<Name, never>;
declare function $props(): Record<string, never>;

declare const Deno: { serve(handler: (request: Request) => Promise<Response>): void };

/** Packages that are installed only in the apps of the packaging tests. */
declare module '@jest/globals';
declare module '@tanstack/react-query';
declare module '@trpc/client';
declare module 'event-source-polyfill';
declare module 'msw';
declare module 'msw/node';
declare module 'sse.js';
declare module 'vitest';
declare module 'eventsource-wasm/core.wasm?url' {
  const url: string;
  export default url;
}
declare module '@angular/core' {
  export function Component(metadata: { selector: string; template: string }): ClassDecorator;
  export interface OnDestroy {
    ngOnDestroy(): void;
  }
}
