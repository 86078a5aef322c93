export interface ArchivedUser {
  readonly name: string;
  readonly passwordHash: string;
}

/** Whose passwords an archive holds. The salt and the admin's hash are in legacy ones only. */
export interface ArchiveIdentity {
  readonly salt: string;
  readonly adminName: string;
  readonly adminHash: string;
  /** Beside the admin. */
  readonly users?: readonly ArchivedUser[];
}

/** So many users, the admin among them: those who are known, and strangers whose hashes let nobody in. */
export function usersOf(count: number, { users = [] }: Partial<ArchiveIdentity> = {}): ArchivedUser[] {
  const stranger = (n: number): ArchivedUser => ({
    name: n === 0 ? 'admin' : `user_${n}`,
    passwordHash: '$pbkdf2-xxxx',
  });
  return Array.from({ length: count }, (_, n) => users[n - 1] ?? stranger(n));
}
