/**
 * What allows a thing that a restore refuses, in words that fit both who reads them: a person at the command line gives an
 * option, the input of an execution has a field. So no reader's sentence is made from another's.
 */
const words = (field: string, option: string) => `${option} (${field} in the input of an execution)`;

export const optionWords = {
  force: words('"force": true', '--force'),
  allowPartial: words('"allowPartial": true', '--allow-partial'),
  methodUrl: words('"method": "url"', '--method url'),
  restoredSecret: words('"restoredCredentialsSecret"', '--restored-secret, on one machine --restored-password-file'),
} as const;
