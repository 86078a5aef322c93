/**
 * What allows a thing that a restore refuses, in words that fit both who reads them: a person at the command line gives an
 * option, the input of an execution has a field. So no reader's sentence is made from another's.
 */
const words = (field: string, option: string) => `${option} (${field} in the input of an execution)`;

export const optionWords = {
  force: words('"force": true', '--force'),
  allowPartial: words('"allowPartial": true', '--allow-partial'),
  acceptUnsigned: words('"acceptUnsigned": true', '--accept-unsigned'),
  skipDamaged: words('"skipDamaged": true', '--skip-damaged'),
  archive: (snapshot: string) => words(`"archive": "${snapshot}"`, `--archive ${snapshot}`),
  methodUrl: words('"method": "url"', '--method url'),
  /** Where a person says whose credentials may be sent to `manager`: no input of an execution can. */
  pairWith: (manager: string) =>
    `restoreFrom or restoredCredentials of ${manager} in the configuration (on one machine --restored-username and --restored-password-file)`,
} as const;
