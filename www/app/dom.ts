type Child = Node | string;

/** Finds an element. Throws if it is missing, because the page needs it. */
export function find<E extends Element = HTMLElement>(selector: string, within: ParentNode = document): E {
  const element = within.querySelector<E>(selector);
  if (!element) throw new Error(`The page has no ${selector}`);
  return element;
}

/** Creates an element. String children become text, never markup. */
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

/** Returns a function that calls `draw` at most once per animation frame, and at most once in `pause` milliseconds. */
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
