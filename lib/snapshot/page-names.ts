import { ArchiveUnsupported, MemberMissing } from '../base/errors.ts';
import type { Member } from '../zip/member.ts';
import { whereIs } from '../zip/member.ts';
import { IdentityMap } from './identity-map.ts';
import { hashOfText } from './item-store.ts';

/** Where a page belongs. */
export interface PagePlace {
  /** Since 7.0.1 pages are numbered; in 7.0.0 they are in folders by type. */
  readonly layout: 'numbered' | 'by type';
  /** `undefined`: of the manager itself. */
  readonly tenant: string | undefined;
  /** Of its folder, for pages of 7.0.0 that do not say. */
  readonly type: string;
  /** What its items belong to, where its name and not its content says so. */
  readonly owner: string;
  /** A restore reads pages of higher numbers later. */
  readonly number: number;
}

/** Tenants that are told apart: 10 MB. A manager has some thousands at most. */
const MAX_TENANTS = 100_000;

const TENANT_FOLDER = /^tenants\/([^/]+)\/$/;
const ANY_PAGE = /^(?:mgmt|tenants\/[^/]+)\/.*\.json$/s;
const NUMBERED = /^(?:mgmt|tenants\/([^/]+))\/(\d{8})\.json$/;
const BY_TYPE = /^(?:mgmt|tenants\/([^/]+))\/([^/]+)\/([^/]+)\.json$/s;

/** Types whose pages of 7.0.0 are named after what the items belong to; all others are numbered. */
const OWNED = ['nodes', 'node_instances', 'agents', 'tasks_graphs', 'executions_events', 'execution_groups_events'];

/** `mgmt/00000001.json`, `tenants/<tenant>/00000001.json`; in 7.0.0 `mgmt/<type>/0.json`, `tenants/<tenant>/<type>/0.json`. */
export function placeOf(name: string): PagePlace | undefined {
  const [, tenant, number] = NUMBERED.exec(name) ?? [];
  if (number !== undefined) return { layout: 'numbered', tenant, type: '', owner: '', number: Number(number) };
  const [, owningTenant, type, base] = BY_TYPE.exec(name) ?? [];
  if (type === undefined || base === undefined) return undefined;
  const isOwned = OWNED.includes(type) || !/^\d+$/.test(base);
  return { layout: 'by type', tenant: owningTenant, type, owner: isOwned ? base : '', number: 0 };
}

/**
 * What the names of a new-format archive say of its tenants and pages. A restore finds tenants by the entries of their
 * folders alone (cloudify-manager 7.0.1, `scan_snapshot`), and of two members of one name it reads one twice.
 */
export class PageNames {
  readonly #label: string;
  readonly #pages = new IdentityMap();
  readonly #folders = new Set<string>();
  readonly #withPages = new Set<string>();
  #layout: PagePlace['layout'] | undefined;

  constructor(label: string) {
    this.#label = label;
  }

  /** Whether the member is a page. Throws `ArchiveUnsupported` at one that a restore would not take as it is. */
  add(member: Member): boolean {
    const folder = TENANT_FOLDER.exec(member.name)?.[1];
    if (folder !== undefined) this.#note(this.#folders, folder);
    if (!ANY_PAGE.test(member.name)) return false;
    const refuse = (what: string) => new ArchiveUnsupported(`${whereIs(member, this.#label)} ${what}.`);
    const place = placeOf(member.name);
    if (!place) throw refuse('is a page that no manager names so, and a restore would not find it');
    this.#layout ??= place.layout;
    if (place.layout !== this.#layout) throw refuse('is a page of 7.0.0 beside pages of later managers');
    const name = hashOfText(member.name);
    if (this.#pages.get(...name) !== undefined)
      throw refuse('is there twice: a restore would take only one of the two');
    if (!this.#pages.set(...name, 0)) throw refuse('is one page more than can be checked');
    if (place.tenant !== undefined) this.#note(this.#withPages, place.tenant);
    return true;
  }

  /** Throws `MemberMissing` when a tenant has pages and no entry of its own. */
  tenants(): Iterable<string> {
    const lost = [...this.#withPages].filter((tenant) => !this.#folders.has(tenant));
    if (lost.length === 0) return this.#folders;
    const names = lost.slice(0, 5).map((tenant) => JSON.stringify(`tenants/${tenant}/`));
    const more = lost.length > 5 ? ` and ${lost.length - 5} more` : '';
    throw new MemberMissing(
      `${this.#label} lacks the entry ${names.join(', ')}${more}. A manager restores a tenant only if its folder has an entry of its own: pack the archive again with entries for folders.`,
    );
  }

  #note(tenants: Set<string>, tenant: string): void {
    tenants.add(tenant);
    if (tenants.size > MAX_TENANTS)
      throw new ArchiveUnsupported(`${this.#label} has more than ${MAX_TENANTS} tenants.`);
  }
}
