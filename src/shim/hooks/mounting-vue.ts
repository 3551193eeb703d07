/** When the functions for Vue open their first connection. */

import { getCurrentInstance, getCurrentScope, onMounted } from 'vue';

/**
 * Calls `start` when the component is mounted, or at once without one. Server-side rendering doesn't mount, so nothing
 * is sent there. What `start` watches belongs to the current scope, not to the component: a shared composable has a
 * scope that outlives the first component.
 */
export function whenMounted(start: () => void): void {
  const scope = getCurrentScope();
  if (scope && getCurrentInstance()) onMounted(() => scope.active && scope.run(start));
  else start();
}
