import { printable } from '../bytes/printable.ts';

/** Text that a browser takes as markup. Made by `html` alone, which escapes whatever is put into it. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

/** What may stand in markup: text is escaped, lists are joined, null and false are nothing. */
export type Part = string | number | Html | null | false | readonly Part[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Text from outside, for an element or a quoted attribute. What reorders or hides text in a browser is escaped as it is
 * for a terminal: a name must not look like another one.
 */
export const escaped = (text: string): string => printable(text).replace(/[&<>"']/g, (char) => ENTITIES[char] ?? '');

/** Markup with every part of it escaped: `` html`<p>${name}</p>` ``. Parts stand in elements or in quoted attributes. */
export function html(literals: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(literals.map((literal, at) => literal + markupOf(parts[at] ?? null)).join(''));
}

function markupOf(part: Part): string {
  if (part === null || part === false) return '';
  if (part instanceof Html) return part.markup;
  if (typeof part === 'string') return escaped(part);
  if (typeof part === 'number') return String(part);
  return part.map(markupOf).join('');
}
