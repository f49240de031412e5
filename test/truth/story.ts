import type { Draw } from './draw.ts';
import type { Layout } from './layouts.ts';

/** What a history is written into: lines for umake, in which `%` is the folder of the images and `@` the one above. */
export interface Story {
  readonly draw: Draw;
  /** As created. */
  readonly layout: Layout;
  /** Its vdevs as they are by then: what is attached, replaced or added later is in them. */
  readonly groups: { readonly kind: string; readonly class: string; images: string[] }[];
  readonly lines: string[];
  /** Images made beyond those of the layout. */
  readonly added: string[];
  /** States of all images that were kept, oldest first; the last is the end. */
  readonly saved: string[];
  /** Options of `create`. */
  readonly options: string[];
}

export type History = (story: Story) => void;

export const POOL = 'tank';

export const path = (image: string): string => `%/${image}`;

export function work(story: Story, most = 8): void {
  story.lines.push(`tick ${story.draw.int(2, most)}`);
}

export function save(story: Story): void {
  const name = `s${story.saved.length}`;
  story.saved.push(name);
  story.lines.push(`save @/${name}`);
}

/** An image more, of the name that comes next. */
export function another({ layout, added }: Story): string {
  const made = layout.groups.flatMap(({ images }) => images).length + layout.spares.length + added.length;
  const image = `d${made}.img`;
  added.push(image);
  return image;
}

export const redundant = ({ groups }: Story) => groups.filter(({ kind }) => kind !== '');
export const mirrors = ({ groups }: Story) => groups.filter(({ kind }) => kind === 'mirror');

/** A device of a redundant vdev; null where there is none. */
export function redundantDevice(story: Story): string | null {
  const groups = redundant(story);
  return groups.length === 0 ? null : story.draw.one(story.draw.one(groups).images);
}

export const anyDevice = ({ draw, groups }: Story): string => draw.one(draw.one(groups).images);

/** In the vdevs as they are by then `by` stands where `image` was. */
export function exchange({ groups }: Story, image: string, by: string): void {
  for (const group of groups) group.images = group.images.map((each) => (each === image ? by : each));
}

export const specOf = ({ spec }: Layout): string =>
  spec.map((word) => (word.endsWith('.img') ? path(word) : word)).join(' ');
