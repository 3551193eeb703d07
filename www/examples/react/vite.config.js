import react from '@vitejs/plugin-react';
import { fakeCompletion } from 'eventsource-wasm/testing';
import { defineConfig } from 'vite';

/** Answers every question with the same text, at a model's pace, while you develop. */
const model = {
  name: 'fake-model',
  configureServer({ middlewares }) {
    const text = 'This answer comes from vite.config.js, one word at a time.';
    middlewares.use('/v1/chat/completions', fakeCompletion('openai-chat', { text, tokensPerSecond: 20 }));
  },
};

export default defineConfig({ plugins: [react(), model] });
