/** What is wrong with a record; of manifests the index tells more. */
export type RecordFault =
  /** It says nothing: cut off, not JSON, of a later version. */
  | 'unreadable'
  /** It is not what was signed, or not what the index has of it. */
  | 'edited'
  /** It is what was signed once, and another one was recorded since. */
  | 'replayed'
  /** It is of another archive. */
  | 'swapped'
  /** It had a signature, or must have one, and has none. */
  | 'unsigned'
  /** Its signature is of a key that is not trusted here. */
  | 'untrusted'
  /** It is gone before its time. */
  | 'missing';
