import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [svelte()],
  // The repository's model server: npm start -- --port 8080
  server: { proxy: { '/v1': 'http://127.0.0.1:8080' } },
});
