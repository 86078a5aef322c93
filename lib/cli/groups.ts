/** Headings of `offsite --help`, in this order. */
export const BOTH = 'For an installation in AWS, or with --local on this machine';
export const AWS_ONLY = 'For an installation in AWS only';
export const LOCAL_ONLY = 'On this machine only';
