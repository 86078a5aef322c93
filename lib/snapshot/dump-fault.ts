/** What is wrong with a dump: `corrupt` when no PostgreSQL wrote it so, `foreign` when no manager did. */
export class DumpFault extends Error {
  readonly kind: 'corrupt' | 'foreign';

  constructor(kind: 'corrupt' | 'foreign', what: string) {
    super(what);
    this.kind = kind;
  }
}
