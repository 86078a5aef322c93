import { ArchiveUnsupported } from '../base/errors.ts';

/** Types whose items have names that a person gave them, in the order in which they are shown. */
export const NAMED_TYPES = [
  ...(['tenants', 'users', 'user_groups', 'sites', 'plugins'] as const),
  ...(['secrets', 'blueprints', 'deployments'] as const),
];
export type NamedType = (typeof NAMED_TYPES)[number];

export function isNamedType(type: string): type is NamedType {
  return (NAMED_TYPES as readonly string[]).includes(type);
}

/** One item of an archive. Of a secret only its name is ever read. */
export interface NamedItem {
  readonly type: NamedType;
  /** Null: it belongs to the manager itself. */
  readonly tenant: string | null;
  /** By what a manager tells it from others of its type and tenant. */
  readonly id: string;
  /** What a person calls it: of plugins the title or the package, of deployments the display name. */
  readonly name: string;
  /** Of plugins in a legacy archive; the pages of the new format have none. */
  readonly version?: string;
}

/** About 300 bytes each: 150 MB. A manager has some ten thousand. */
const MAX_ITEMS = 500_000;

/** The items of one archive, each once. */
export class NamedItems {
  readonly #items = new Map<string, NamedItem>();
  readonly #label: string;

  /** `label` names the archive in messages. */
  constructor(label: string) {
    this.#label = label;
  }

  /** Throws `ArchiveUnsupported` when there are more than fit into memory. */
  add(item: NamedItem): void {
    this.#items.set(JSON.stringify([item.type, item.tenant, item.id]), item);
    if (this.#items.size > MAX_ITEMS) {
      throw new ArchiveUnsupported(
        `${this.#label} has more than ${MAX_ITEMS} named items: their names are not compared.`,
      );
    }
  }

  all(): NamedItem[] {
    return [...this.#items.values()];
  }
}
