/**
 * Faults that are planted into the product, one at a time, to see that tests find them. A module that is imported with
 * `?mutant=name` is loaded with one piece of its text replaced (vitest.config.ts).
 */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'flagged archives count towards held',
    file: 'lib/catalogue/entry.ts',
    from: 'isStored(entry) && !isDamaged(entry) && !isFlagged(entry)',
    to: 'isStored(entry) && !isDamaged(entry)',
  },
  {
    name: 'damaged archives count towards held',
    file: 'lib/catalogue/entry.ts',
    from: 'isStored(entry) && !isDamaged(entry) && !isFlagged(entry)',
    to: 'isStored(entry) && !isFlagged(entry)',
  },
  {
    name: 'archives are ordered by name',
    file: 'lib/catalogue/entry.ts',
    from: 'Date.parse(manifest.times.snapshotReady)',
    to: "Date.parse(manifest.snapshot.id.replace(/^offsite-(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'))",
  },
  {
    name: 'a wish to keep is forgotten',
    file: 'lib/catalogue/entry.ts',
    from: '  return keep !== null && (',
    to: '  return keep !== null && false && (',
  },
  {
    name: 'a wish to keep never ends',
    file: 'lib/catalogue/entry.ts',
    from: 'Date.parse(keep.until) > at.getTime()',
    to: 'true',
  },
  {
    name: 'one fewer is held',
    file: 'lib/retention/decide.ts',
    from: 'newestFirst.filter(isGood).slice(0, most)',
    to: 'newestFirst.filter(isGood).slice(0, most - 1)',
  },
  {
    name: 'doubtful ones are let go while they are the only current ones',
    file: 'lib/retention/decide.ts',
    from: '(places.get(entry) ?? 0) <= most',
    to: '(places.get(entry) ?? 0) <= 0',
  },
  {
    name: 'an odd archive takes the place of the first good one',
    file: 'lib/retention/decide.ts',
    from: 'const taken = isGood(entry) ? byGood : byAny;',
    to: 'const taken = byAny;',
  },
  {
    name: 'every odd archive of a year is yearly',
    file: 'lib/retention/decide.ts',
    from: 'const taken = isGood(entry) ? byGood : byAny;',
    to: 'const taken = byGood;',
  },
  {
    name: 'the least lasting class wins',
    file: 'lib/retention/decide.ts',
    from: 'const name = CLASSES.find(',
    to: 'const name = [...CLASSES].reverse().find(',
  },
  {
    name: 'days are those of UTC',
    file: 'lib/retention/calendar.ts',
    from: 'wallTimeAt(new Date(time), timeZone)',
    to: "wallTimeAt(new Date(time), timeZone && 'UTC')",
  },
  {
    name: 'weeks begin on Sunday',
    file: 'lib/retention/calendar.ts',
    from: '(wall.getUTCDay() + 6) % 7',
    to: 'wall.getUTCDay()',
  },
  {
    name: 'older archives are let go before the new one is held',
    file: 'lib/retention/apply.ts',
    from: 'const tighter = tags.filter(({ tightens }) => tightens);',
    to: 'const tighter = tags.filter(({ tightens }) => !tightens);',
  },
  {
    name: 'nobody looks whether something was recorded meanwhile',
    file: 'lib/retention/apply.ts',
    from: '(await fingerprintNow(manager, deps.archive.records)) === look.fingerprint',
    to: '(await fingerprintNow(manager, deps.archive.records)) !== undefined',
  },
  {
    name: 'manifests are let go before their archives',
    file: 'lib/retention/apply.ts',
    from: '.filter(({ tightens }) => !tightens).reverse()',
    to: '.filter(({ tightens }) => !tightens)',
  },
  {
    name: 'the manifest does not go with the archive',
    file: 'lib/retention/changes.ts',
    from: '[{ key: manifest }, { key: inspection }, ...bytes]',
    to: '[{ key: inspection }, ...bytes]',
  },
  {
    name: 'legal holds are not released',
    file: 'lib/retention/changes.ts',
    from: "if (hold !== wanted && (wanted === 'on' || mayLoosen))",
    to: "if (hold !== wanted && wanted === 'on')",
  },
  {
    name: 'the record of a night does not apply retention',
    file: 'functions/record-archive.ts',
    from: 'await retain(run.manager, deps, run.snapshot);',
    to: '',
  },
  {
    name: 'noncurrent days are those of the class once more',
    file: 'lib/config/lifecycle.ts',
    from: 'noncurrentDays: policy.undoDays,',
    to: 'noncurrentDays: policy.days[name],',
  },
  {
    name: 'expiration is that of the class, without what comes after',
    file: 'lib/config/lifecycle.ts',
    from: 'expirationDays: policy.days[name] - policy.undoDays,',
    to: 'expirationDays: policy.days[name],',
  },
  {
    name: 'expired archives go at once',
    file: 'lib/config/lifecycle.ts',
    from: 'expirationDays: policy.days[name] - policy.undoDays,',
    to: 'expirationDays: policy.days[name] - policy.undoDays - 1,',
  },
  {
    name: 'a rule is about archives whatever their tag',
    file: 'lib/config/lifecycle.ts',
    from: "tag: { key: 'expire', value: name },",
    to: "prefix: 'archives/',",
  },
  {
    name: 'hidden versions stay for ever',
    file: 'lib/config/lifecycle.ts',
    from: 'noncurrentDays: policy.undoDays,',
    to: '',
  },
  {
    name: 'delete markers stay for ever',
    file: 'lib/config/lifecycle.ts',
    from: "{ id: 'delete-markers', expiredDeleteMarkers: true },",
    to: '',
  },
  {
    name: 'unfinished uploads stay for ever',
    file: 'lib/config/lifecycle.ts',
    from: "{ id: 'unfinished-uploads', abortUploadsAfterDays: UPLOAD_DAYS },",
    to: '',
  },
];

/** Faults in what tells a forgery and a missing authority (test/signing/mutants.test.ts). */
export const AUTHORITY_MUTANTS: readonly Mutant[] = [
  {
    name: 'any key is believed',
    file: 'lib/signing/trust.ts',
    from: 'return undefined;\n    const record',
    to: 'false;\n    const record',
  },
  {
    name: 'a public key is believed under any name',
    file: 'lib/signing/trust.ts',
    from: 'return fingerprintOf(publicKey) === fingerprint',
    to: 'return fingerprintOf(publicKey) !== undefined',
  },
  {
    name: 'a signature is not bound to the key of its record',
    file: 'lib/signing/signature.ts',
    from: '{key}\\n',
    to: "{'any key'}\\n",
  },
  {
    name: 'a signature is there, and not verified',
    file: 'lib/signing/seal.ts',
    from: 'if (isGenuine) return',
    to: 'if (isGenuine || !isGenuine) return',
  },
  {
    name: 'there is no cut-over',
    file: 'lib/signing/seal.ts',
    from: 'if (requiredSince === undefined || ',
    to: 'if (requiredSince === undefined || requiredSince !== undefined || ',
  },
  {
    name: 'the cut-over passes what has no time',
    file: 'lib/signing/seal.ts',
    from: '(storedAt !== undefined && storedAt < requiredSince)',
    to: '(storedAt === undefined || storedAt < requiredSince)',
  },
  {
    name: 'approvals may be unsigned',
    file: 'lib/signing/seal.ts',
    from: 'if (isAlwaysSigned(key)) return',
    to: 'if (isAlwaysSigned(key) && requiredSince) return',
  },
  {
    name: 'a signature of another key is written',
    file: 'lib/signing/seal.ts',
    from: '        requireOwn(key, bare, { publicKey, value });\n',
    to: '',
  },
  {
    name: 'an approval of something else is good',
    file: 'lib/approval/use.ts',
    from: 'approval.digest !== digestOf(approval.what) || approval.digest !== digestOf(what)',
    to: 'approval.digest !== digestOf(approval.what)',
  },
  {
    name: 'an approval whose own text was changed is good',
    file: 'lib/approval/use.ts',
    from: 'approval.digest !== digestOf(approval.what) || approval.digest !== digestOf(what)',
    to: 'approval.digest !== digestOf(what)',
  },
  {
    name: 'an approval is good for ever',
    file: 'lib/approval/use.ts',
    from: '>= Date.parse(usableUntil)',
    to: '>= Number.POSITIVE_INFINITY',
  },
  {
    name: 'a rejection is an approval',
    file: 'lib/approval/use.ts',
    from: "if (decision === 'reject') {",
    to: 'if (decision === undefined) {',
  },
  {
    name: 'an approval is used by whoever comes',
    file: 'lib/approval/use.ts',
    from: 'if (standing?.execution === execution && standing.digest === use.digest) return;',
    to: 'if (standing) return;',
  },
  {
    name: 'an approval is used again for something else',
    file: 'lib/approval/use.ts',
    from: 'standing?.execution === execution && standing.digest === use.digest',
    to: 'standing?.execution === execution',
  },
  {
    name: 'an approval outlives its restore',
    file: 'lib/approval/use.ts',
    from: 'if (await records.read(keys.evidence, z.unknown())) {',
    to: 'if (!keys.evidence) {',
  },
  {
    name: 'other bytes have the SHA-256',
    file: 'lib/catalogue/range-digests.ts',
    from: 'range.sha256 === found',
    to: 'range.sha256.length === found.length',
  },
];

/** The text of a module with the fault in it. Throws when the text is not what the mutant was made for. */
export function mutate(id: string, text: string): string | undefined {
  const name = /[?&]mutant=([^&]+)/.exec(id)?.[1];
  if (name === undefined) return undefined;
  const mutant = [...MUTANTS, ...AUTHORITY_MUTANTS][Number(name)];
  if (!mutant || !text.includes(mutant.from)) throw new Error(`${id} has no "${mutant?.from}" any more.`);
  return text.replace(mutant.from, () => mutant.to);
}
