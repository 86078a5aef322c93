/** Those of statemachines/: each is in the file of its name. */
export const machineNames = [
  'export',
  'restore',
  'verify',
  'reconcile',
  'approve',
  'decide',
  'report',
  'diagnose',
  'digest',
] as const;
export type MachineName = (typeof machineNames)[number];
