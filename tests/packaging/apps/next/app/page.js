'use client';

import { useEffect } from 'react';

export default function Page() {
  useEffect(() => {
    import('../src/main.js');
  }, []);
  return <p>eventsource-wasm</p>;
}
