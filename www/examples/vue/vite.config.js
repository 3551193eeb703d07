import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [vue()],
  // The repository's model server: npm start -- --port 8080
  server: { proxy: { '/v1': 'http://127.0.0.1:8080' } },
});
