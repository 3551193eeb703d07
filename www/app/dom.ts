type Child = Node | string;

/** The element that `selector` names; the page is incomplete without it. */
export function find<E extends Element = HTMLElement>(selector: string, within: ParentNode = document): E {
  const element = within.querySelector<E>(selector);
  if (!element) throw new Error(`The page has no ${selector}`);
  return element;
}

/** A new element. Children that are strings become text, never markup. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Record<string, string> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  element.append(...children);
  return element;
}

/** Calls `draw` at most once per animation frame, however often it is asked to. */
export function perFrame(draw: () => void): () => void {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw();
    });
  };
}

const nearTheEnd = 48;

/** Keeps a scrolled list at its end while its reader is there. */
export function follow(scroller: HTMLElement): { keep(): void; jump(): void } {
  let atEnd = true;
  scroller.addEventListener('scroll', () => {
    atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < nearTheEnd;
  });
  const jump = () => {
    scroller.scrollTop = scroller.scrollHeight;
    atEnd = true;
  };
  return { jump, keep: () => atEnd && jump() };
}
