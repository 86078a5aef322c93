import { describe, expect, test } from 'vitest';
import { describeIssues } from '../../lib/base/zod-issues.ts';
import { lifecycleRules } from '../../lib/config/lifecycle.ts';
import { CLASSES, RetentionPolicy, transitionOf } from '../../lib/config/retention.ts';

const refusal = (given: object) => {
  const { error } = RetentionPolicy.safeParse(given);
  return error ? describeIssues(error) : 'accepted';
};

describe('a policy', () => {
  test('of nothing is the default', () => {
    expect(RetentionPolicy.parse({})).toEqual({
      held: 3,
      days: { daily: 35, weekly: 91, monthly: 396, yearly: 2557 },
      undoDays: 7,
      storage: { afterDays: 30 },
    });
  });

  test.each([
    [{ held: 0 }, /^held/],
    [{ days: { weekly: 20 } }, /^days.weekly: must not be fewer than those of daily/],
    [{ days: { yearly: 100 } }, /^days.yearly: must not be fewer than those of monthly/],
    [{ days: { daily: 7 } }, /^days.daily: must be more than undoDays \(7\)/],
    [
      { storage: { yearly: 'DEEP_ARCHIVE' } },
      /storage.yearly: DEEP_ARCHIVE cannot be read at once.*12-48 hours.*GLACIER_IR/,
    ],
    [{ storage: { monthly: 'GLACIER' } }, /storage.monthly: GLACIER cannot be read at once/],
    [{ storage: { monthly: 'COLD' } }, /storage.monthly: must be one of STANDARD, STANDARD_IA, GLACIER_IR/],
    [
      { days: { monthly: 100 }, storage: { monthly: 'GLACIER_IR' } },
      /storage.monthly: GLACIER_IR is charged for 90 days.*70 left/,
    ],
    [{ storage: { monthly: 'STANDARD_IA', afterDays: 20 } }, /STANDARD_IA needs storage.afterDays of 30/],
    [{ days: { monthly: 91 }, storage: { monthly: 'GLACIER_IR', afterDays: 85 } }, /storage.monthly.*6 left/],
    [{ days: { daily: 10, weekly: 10, monthly: 10, yearly: 10 } }, /^accepted$/],
  ])('%j: %s', (given, expected) => {
    expect(refusal(given)).toMatch(expected);
  });

  test('moves monthly and yearly archives where they cost less, if they stay long enough for that', () => {
    const cold = { days: 30, storageClass: 'GLACIER_IR' };
    const of = (given: object) => CLASSES.map((name) => transitionOf(RetentionPolicy.parse(given), name));
    expect(of({})).toEqual([cold, cold, undefined, undefined]);
    expect(of({ days: { monthly: 100 } })).toEqual([cold, undefined, undefined, undefined]);
    expect(of({ storage: { yearly: 'STANDARD', monthly: 'STANDARD_IA' } })).toEqual([
      undefined,
      { days: 30, storageClass: 'STANDARD_IA' },
      undefined,
      undefined,
    ]);
  });
});

describe('the rules of the bucket', () => {
  const policies = [{}, { days: { daily: 8 } }, { undoDays: 30 }, { undoDays: 1, days: { daily: 2, weekly: 2 } }];

  test.each(policies)('%j: expiration and noncurrent days add up to the days of the class', (given) => {
    const policy = RetentionPolicy.parse(given);
    const rules = lifecycleRules(policy);
    for (const name of CLASSES) {
      const [rule, ...others] = rules.filter(({ tag }) => tag?.value === name);
      expect(others).toEqual([]);
      expect((rule?.expirationDays ?? 0) + (rule?.noncurrentDays ?? 0)).toBe(policy.days[name]);
      expect(rule?.expirationDays).toBeGreaterThan(0);
      expect(rule?.prefix, 'the manifest and the inspection go with the archive').toBeUndefined();
      // S3 refuses a transition that is not before the expiration.
      expect(rule?.transition?.days ?? 0).toBeLessThan(rule?.expirationDays ?? 0);
    }
  });

  test.each(policies)('%j: none is about held and kept archives', (given) => {
    const rules = lifecycleRules(RetentionPolicy.parse(given));
    for (const rule of rules) {
      expect(['held', 'kept'], rule.id).not.toContain(rule.tag?.value);
      // What a rule without a tag does, it does to every archive below its prefix.
      const touchesArchives = rule.tag === undefined && 'archives/m1/'.startsWith(rule.prefix ?? '');
      if (touchesArchives)
        expect([rule.expirationDays, rule.noncurrentDays, rule.transition]).toEqual([undefined, undefined, undefined]);
      if (/^(manifests|inspections)/.test(rule.prefix ?? '')) expect(rule.expirationDays, rule.id).toBeUndefined();
    }
  });

  test.each(policies)('%j: what S3 asks of rules', (given) => {
    const rules = lifecycleRules(RetentionPolicy.parse(given));
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
    for (const { tag, expirationDays, expiredDeleteMarkers, abortUploadsAfterDays, noncurrentDays } of rules) {
      if (tag) expect([expiredDeleteMarkers, abortUploadsAfterDays]).toEqual([undefined, undefined]);
      if (expiredDeleteMarkers) expect(expirationDays).toBeUndefined();
      expect(noncurrentDays ?? 1).toBeGreaterThanOrEqual(1);
    }
    expect(rules.filter((rule) => rule.expiredDeleteMarkers && !rule.prefix)).toHaveLength(1);
    expect(rules.filter((rule) => (rule.abortUploadsAfterDays ?? 0) > 2 && !rule.prefix)).toHaveLength(1);
  });

  test('where two match a hidden version, that of the class is the shorter one', () => {
    for (const undoDays of [1, 30]) {
      const rules = lifecycleRules(RetentionPolicy.parse({ undoDays }));
      for (const rule of rules.filter(({ prefix }) => prefix)) expect(rule.noncurrentDays).toBeGreaterThan(undoDays);
    }
  });
});
