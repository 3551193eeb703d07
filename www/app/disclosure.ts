/** A button that shows and hides something on small screens; on large ones it is always shown, without the button. */
export function discloses(button: HTMLButtonElement, target: HTMLElement): void {
  button.addEventListener('click', () => {
    const isOpen = target.classList.toggle('open');
    button.setAttribute('aria-expanded', String(isOpen));
  });
}
