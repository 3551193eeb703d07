/** Compiles every code sample of README.md and docs/*.md, and runs those that can run. */

import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { transform } from 'esbuild';
import { documents, type Sample, samplesIn } from './samples.js';

// Inside the package, so that samples can import it by its name.
const FOLDER = 'build/samples';

interface Outcome {
  shown: string[][];
  requests: string[];
}

/** The URL and the answer for some samples, chosen by a word in their code. */
const settings: [RegExp, Record<string, unknown>][] = [
  [/data\.token/, { url: 'https://app.example/own-format' }],
  [/zod/, { url: 'https://app.example/v1/chat/completions', answer: '{"city":"Bern","days":["Monday"]}' }],
  [/eventsource-wasm\/llm/, { url: 'https://app.example/v1/chat/completions' }],
];

const shows = ({ code }: Sample) => /\b(show|render)\(/.test(code);
const connects = ({ code }: Sample) =>
  /\bnew (Shared)?EventSource\b|\b(events|completion|fetchEventSource)\(/.test(code);

async function runSample(sample: Sample): Promise<Outcome> {
  const { name, language, code } = sample;
  const module = resolve(FOLDER, 'run', name.replace(/\w+$/, 'mjs'));
  mkdirSync(`${FOLDER}/run`, { recursive: true });
  writeFileSync(module, (await transform(code, { loader: language, format: 'esm' })).code);
  const worker = new Worker(resolve('tests/integration/docs/run-sample.mjs'), {
    workerData: {
      module: pathToFileURL(module).href,
      shows: shows(sample),
      connects: connects(sample),
      ...settings.find(([word]) => word.test(code))?.[1],
    },
  });
  try {
    return await new Promise<Outcome>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => reject(new Error('the sample never finished')));
    });
  } finally {
    await worker.terminate();
  }
}

describe('samples of the docs', () => {
  const samples = documents().flatMap(samplesIn);

  before(() => {
    rmSync(FOLDER, { recursive: true, force: true });
    mkdirSync(`${FOLDER}/types`, { recursive: true });
    copyFileSync('tests/integration/docs/declarations.d.ts', `${FOLDER}/types/declarations.d.ts`);
  });

  it('are found', () => {
    expect(samples.length).to.be.above(50);
    for (const path of ['README.md', 'docs/api.md', 'docs/llm.md', 'docs/recipes.md', 'docs/testing.md']) {
      expect(samples.filter(({ place }) => place.startsWith(`${path}:`))).to.have.length.above(4, path);
    }
    // Markdown allows no backtick in the first line of a fence.
    const fences = documents().flatMap((path) => readFileSync(path, 'utf8').match(/^```.*$/gm) ?? []);
    expect(fences.filter((fence) => fence.slice(3).includes('`'))).to.deep.equal([]);
    // Most samples must run.
    expect(samples.filter(({ notRun }) => notRun === undefined)).to.have.length.above(samples.length / 2);
  });

  it('compile', async () => {
    for (const { name, code } of samples) writeFileSync(`${FOLDER}/types/${name}`, `${code}\nexport {};\n`);
    const compilerOptions = {
      target: 'es2022',
      module: 'esnext',
      moduleResolution: 'bundler',
      lib: ['es2022', 'dom', 'dom.iterable', 'dom.asynciterable'],
      types: ['node'],
      typeRoots: [resolve('node_modules/@types')],
      jsx: 'react-jsx',
      allowJs: true,
      checkJs: true,
      strict: true,
      // JavaScript samples have no type annotations.
      noImplicitAny: false,
      strictNullChecks: false,
      useUnknownInCatchVariables: false,
      experimentalDecorators: true,
      skipLibCheck: true,
      noEmit: true,
    };
    writeFileSync(
      `${FOLDER}/types/tsconfig.json`,
      JSON.stringify({ compilerOptions, include: ['.'] }, null, 2),
    );
    const tsc = resolve('node_modules/typescript/bin/tsc');
    const { stdout } = await promisify(execFile)(process.execPath, [
      tsc,
      '--project',
      `${FOLDER}/types`,
    ]).catch((error) => error);
    const complaints = stdout.trim();
    // A file's name contains the line in the document.
    expect(complaints).to.equal('');
  });

  for (const sample of samples) {
    if (sample.notRun !== undefined) continue;
    it(`${sample.place} runs`, async () => {
      const { shown, requests } = await runSample(sample);
      if (shows(sample)) expect(shown, 'shown values').not.to.deep.equal([]);
      if (connects(sample)) expect(requests.length + shown.length, 'requests and values').to.be.above(0);
    });
  }
});
