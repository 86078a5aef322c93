import { MAX_DEPTH, VALUE } from './json-grammar.ts';

/** Where a reader of JSON stands in the nesting. */
export class JsonPlace {
  /** What is open, by depth from 1 on. */
  readonly kinds = new Uint8Array(MAX_DEPTH + 1);
  depth = 0;
  /** What may come next (lib/snapshot/json-grammar.ts). */
  next = VALUE;
  /** The last key at the deepest depth that is listened to was one that nobody wants. */
  isSkipped = false;
}
