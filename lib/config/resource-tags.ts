import * as z from 'zod';

/** CloudFormation and some services add up to ten of their own to the 50 that a resource can carry (aws: tagging). */
const MOST_TAGS = 40;

const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+@-]*$/u;
const LETTERS = 'must be letters, digits, blanks or _ . : / = + - @';

/** On every resource that can carry tags: for cost and owner. Those of ours begin with `offsite:`. */
export const ResourceTags = z
  .record(z.string(), z.string().max(256).regex(TAG_TEXT, LETTERS))
  .superRefine((tags, context) => {
    const refuse = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (Object.keys(tags).length > MOST_TAGS) refuse([], `must be ${MOST_TAGS} at most`);
    for (const key of Object.keys(tags)) {
      if (key === '' || key.length > 128) refuse([key], 'must have a name of 1-128 characters');
      if (!TAG_TEXT.test(key)) refuse([key], LETTERS);
      if (/^(aws|offsite):/i.test(key)) refuse([key], 'must not begin with aws: or offsite:');
    }
  });
