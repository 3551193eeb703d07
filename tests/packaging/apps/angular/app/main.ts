/** An app with zone.js. Its view must update after changes in the package's callbacks. */

import 'zone.js';
import '@angular/compiler';
import { Component, NgZone, provideZoneChangeDetection } from '@angular/core';
import { bootstrapApplication } from '@angular/platform-browser';
import { EventSource } from 'eventsource-wasm';

declare const programs: Record<string, () => Promise<{ run(url: string): Promise<string> }>>;

@Component({ selector: 'app-root', standalone: true, template: '<output>{{ words }}</output>' })
class App {
  words = '';

  /** Uses the class directly: its listeners must run in the zone in which they were added. */
  listen(url: string, heard: (word: string) => void): void {
    const source = new EventSource(url, {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain' },
      body: 'ping',
    });
    source.onmessage = ({ data }) => {
      this.words = NgZone.isInAngularZone() ? `${this.words} ${data}`.trim() : 'outside of the zone';
      heard(data);
    };
    source.onerror = ({ message }) => {
      this.words = message;
    };
  }

  async run(name: string, url: string): Promise<void> {
    const program = await programs[name]();
    this.words = await program.run(url);
  }
}

const starting = bootstrapApplication(App, { providers: [provideZoneChangeDetection()] });

/** Reads the rendered text. */
async function shown(holds: (text: string) => boolean): Promise<string> {
  const output = () => document.querySelector('output')?.textContent ?? '';
  for (let tries = 0; tries < 500 && !holds(output()); tries++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  return output();
}

Object.assign(globalThis, {
  async run(name: string, url: string): Promise<string> {
    const app = await starting;
    const component = app.components[0].instance as App;
    const zone = app.injector.get(NgZone);
    if (name !== 'index') {
      zone.run(() => component.run(name, url));
      return shown((text) => text !== '');
    }
    zone.run(() =>
      component.listen(url, () => {
        fetch(url.replace(/scenarios\/(\d+)\/stream$/, 'heard/$1')).catch(() => {});
      }),
    );
    return shown((text) => / streamed$| at once$/.test(text));
  },
});
