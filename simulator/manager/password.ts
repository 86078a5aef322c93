import { createHmac, randomBytes } from 'node:crypto';

/** As long as those in `rest-security.conf`. */
export const newSalt = (): string => randomBytes(39).toString('base64url');

/**
 * What a user's row holds instead of the password. Managers put the installation's salt into it before they hash, so a
 * row is worth nothing beside another salt (contract §7.4 step 5).
 */
export function hashPassword(salt: string, password: string): string {
  return `$pbkdf2-sha256$29000$${createHmac('sha256', salt).update(password).digest('base64url')}`;
}
