/** The report's fields of a verification that never began. No imports: the command line shows it before it loads anything. */
export const nothingRead = {
  reason: null,
  counts: { good: 0, damaged: 0, unread: 0, expired: 0, left: 0, cold: 0, known: 0 },
  bytes: 0,
  damaged: [],
  unread: [],
  notes: [],
};
