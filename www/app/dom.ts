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

/** Calls `draw` at most once per animation frame, however often it is asked to, and then not for `pause` milliseconds. */
export function perFrame(draw: () => void, pause = 0): () => void {
  let asked = false;
  let last = Number.NEGATIVE_INFINITY;
  const frame = (now: number) => {
    if (now < last + pause) {
      requestAnimationFrame(frame);
      return;
    }
    asked = false;
    last = now;
    draw();
  };
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(frame);
  };
}
