/** Whether the platform calls event handler attributes by itself. */

let answer: boolean | undefined;

/**
 * Cloudflare's runtime calls the function that any target has as `on` and the event's type; all others leave it to
 * the class whose attribute it is.
 */
export function platformCallsHandlers(): boolean {
  if (answer === undefined) {
    answer = false;
    const onprobe = () => {
      answer = true;
    };
    Object.assign(new EventTarget(), { onprobe }).dispatchEvent(new Event('probe'));
  }
  return answer;
}
