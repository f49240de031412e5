import type { Severity } from '../rewind/findings/codes.ts';
import { type Html, html } from './html.ts';
import type { Tone } from './verdictTones.ts';

/** A sign before the words, for who does not see the colour; the words say it too, so it is hidden from readers. */
const SIGNS: Readonly<Record<Tone, string>> = { good: '✓', warn: '!', bad: '✕', strong: '→', note: 'i' };

export const toneSign = (tone: Tone): Html =>
  html`<span class="sign sign-${tone}" aria-hidden="true">${SIGNS[tone]}</span>`;

export const SEVERITY_TONES: Readonly<Record<Severity, Tone>> = { error: 'bad', warning: 'warn', info: 'note' };

/** A word in a coloured frame. */
export const badge = (tone: Tone, text: string): Html => html`<span class="badge badge-${tone}">${text}</span>`;

/** A sentence with its sign. */
export const saidHtml = ({ text, tone }: { readonly text: string; readonly tone: Tone }): Html =>
  html`<p class="said said-${tone}">${toneSign(tone)}<span>${text}</span></p>`;
