import { make } from './dom';
import { type Notice, timeUntil } from './words';

/** Creates the element of a notice. Its countdown stops when the element is removed. */
export function renderNotice({
  kind,
  title,
  advice,
  detail,
  retryAt,
  isNormal = false,
}: Notice): HTMLElement {
  const element = make(
    'div',
    {
      class: isNormal ? 'notice normal' : 'notice',
      role: isNormal ? 'status' : 'alert',
      'data-testid': 'notice',
      'data-kind': kind,
    },
    make('strong', {}, title),
    make('p', {}, advice),
  );
  if (retryAt) element.append(countdown(retryAt));
  if (detail) element.append(make('p', { class: 'detail', 'data-testid': 'notice-detail' }, detail));
  return element;
}

function countdown(until: Date): HTMLElement {
  // Not announced: a screen reader would read every second aloud.
  const line = make('p', { 'aria-live': 'off', 'data-testid': 'retry-after' });
  const show = () => {
    const left = timeUntil(until);
    line.textContent = left ? `You can send again in ${left}.` : 'You can send again now.';
    return left !== '';
  };
  show();
  const timer = setInterval(() => {
    if (!show() || !line.isConnected) clearInterval(timer);
  }, 500);
  return line;
}
