import { printable } from '../../bytes/printable.ts';

/** Elements below `root` by a selector. */
export const all = <T extends Element = HTMLElement>(selector: string, root: ParentNode = document): T[] => [
  ...root.querySelectorAll<T>(selector),
];

/** A new element. Its text is set as text: nothing of it becomes an element. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  className = '',
  text: string | null = null,
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  if (className !== '') made.className = className;
  if (text !== null) made.textContent = printable(text);
  return made;
}
