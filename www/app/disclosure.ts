/** Makes a button show and hide an element on small screens. On large ones, the element is always visible. */
export function discloses(button: HTMLButtonElement, target: HTMLElement): void {
  button.addEventListener('click', () => {
    const isOpen = target.classList.toggle('open');
    button.setAttribute('aria-expanded', String(isOpen));
  });
}
