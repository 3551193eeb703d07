import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  // The repository's model server: npm start -- --port 8080
  server: { proxy: { '/v1': 'http://127.0.0.1:8080' } },
});
