/** Headings of `offsite --help`, in this order. */
export const BOTH = 'For a stack in AWS, or with --local on this machine';
export const AWS_ONLY = 'For a stack in AWS only';
export const LOCAL_ONLY = 'On this machine only';
