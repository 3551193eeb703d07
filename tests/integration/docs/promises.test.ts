/** Tests the README's promises about the package. Promises about behaviour are tested with that behaviour. */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { expect } from 'chai';
import { build } from 'esbuild';

const readme = readFileSync('README.md', 'utf8');
const manifest = JSON.parse(readFileSync('package.json', 'utf8'));

/** The built files of a folder. */
const filesUnder = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesUnder(path) : [path];
  });

describe('promises of the README', () => {
  it('no dependencies, and no install scripts', () => {
    expect(readme).to.include('no dependencies');
    expect(Object.keys(manifest.dependencies ?? {})).to.deep.equal([]);
    for (const name of ['preinstall', 'install', 'postinstall', 'prepare']) {
      expect(manifest.scripts).not.to.have.property(name);
    }
    const optional = Object.entries<{ optional: boolean }>(manifest.peerDependenciesMeta ?? {});
    expect(optional.map(([, { optional }]) => optional)).to.deep.equal(optional.map(() => true));
    expect(optional.map(([name]) => name).sort()).to.deep.equal(
      Object.keys(manifest.peerDependencies).sort(),
    );
  });

  it('no eval, which a Content Security Policy would forbid', () => {
    const scripts = filesUnder('dist').filter((path) => path.endsWith('.js'));
    expect(scripts.length).to.be.above(20);
    for (const path of scripts) {
      expect(readFileSync(path, 'utf8'), path).not.to.match(/\beval\(|\bnew Function\(|\bFunction\(['"`]/);
    }
  });

  it('every import in the README is exported', () => {
    const names = [...readme.matchAll(/['`]eventsource-wasm(\/[\w-]+)?['`]/g)].map(
      ([, name = '']) => `.${name}`,
    );
    expect(names.length).to.be.above(8);
    expect(names.filter((name) => !(name in manifest.exports))).to.deep.equal([]);
  });

  it('unpkg serves the classic script for the package name', () => {
    expect(readme).to.include('https://unpkg.com/eventsource-wasm"');
    expect(manifest.unpkg).to.equal('./dist/global.js');
  });

  it('the versions of the other clients are the measured ones', () => {
    for (const name of ['@microsoft/fetch-event-source', 'eventsource']) {
      expect(readme).to.include(`${name} ${manifest.devDependencies[name]}`);
    }
  });

  it('the speed in the README is that of the last whole run of the benchmark', () => {
    const report = readFileSync('bench/report.md', 'utf8');
    const row = (name: string) => {
      const line = report.split('\n').find((line) => line.startsWith(`| ${name}`)) ?? '';
      return line.split('|').slice(3, 7).map(Number.parseFloat);
    };
    const round = (value: number) => `${Number(value.toPrecision(2))}`;
    const [node, chromium, firefox, webkit] = row('events per second, the class against the native one').map(
      round,
    );
    expect(readme).to.include(
      `fires ${chromium} times as many events per second as the native one in Chromium, ${firefox} times in Firefox, ${webkit} times in WebKitGTK and ${node} times in Node`,
    );
    const delays = row('first event, cold, later than native').map(Math.round);
    expect(readme).to.include(`${Math.min(...delays)} to ${Math.max(...delays)} ms later`);
  });

  it('the size in the README is the size of the build', async () => {
    const sizes = [...readme.matchAll(/(\d+(?:\.\d+)?) kB/g)].map(([, size]) => Number(size) * 1_000);
    // The table has three sizes. The last is ours.
    expect(sizes).to.have.length(3);
    const { outputFiles } = await build({
      entryPoints: ['dist/index.js'],
      bundle: true,
      minify: true,
      format: 'esm',
      target: 'es2022',
      write: false,
    });
    const size = brotliCompressSync(outputFiles[0]?.contents ?? '').byteLength;
    // A wide range: without the sources of Rust's standard library, the module is larger.
    expect(size / (sizes[2] ?? 0)).to.be.within(0.9, 1.15);
  });
});
