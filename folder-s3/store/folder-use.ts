import { S3Error } from '../s3-error.ts';

/**
 * What a server may do with its folder:
 * - `whole`: everything, and nobody else writes meanwhile
 * - `scope`: write the keys that it owns, beside servers that own others; read all
 * - `read`: nothing but read. Takes no lock, changes no file
 */
export interface FolderUse {
  readonly kind: 'whole' | 'scope' | 'read';
  /** The name of the scope: one server at a time has it. */
  readonly scope?: string;
  owns(key: string): boolean;
}

export const WHOLE: FolderUse = { kind: 'whole', owns: () => true };
export const READ: FolderUse = { kind: 'read', owns: () => false };

export function assertOwned(use: FolderUse, key: string): void {
  if (use.owns(key)) return;
  const message =
    use.kind === 'read'
      ? 'This server serves the folder for reading only.'
      : `This server writes what belongs to ${use.scope ?? ''} only.`;
  throw new S3Error('ReadOnly', { message, fields: { Key: key } });
}
