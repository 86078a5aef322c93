import { argument, command, option } from '../../command.ts';
import { AWS_ONLY } from '../../groups.ts';
import { installation, json, reason } from '../../options/run.ts';
import { shortText } from '../../options/values.ts';

export const approveLiteral = command({
  name: 'approve',
  group: AWS_ONLY,
  summary: 'approve or reject a restore that waits to overwrite a manager',
  about: `Shows what the restore would overwrite, and with which archive and options. Then asks, and records the decision by the
state machine that only approvers may start. The restore continues, or ends, within two minutes.`,
  arguments: [argument('<RESTORE>', 'its name, as in the notification')],
  options: [
    option('--manager <NAME>', 'the manager that would be overwritten', { required: true }),
    option('--reject', 'reject it: the restore ends, nothing is changed', { conflicts: ['--break-glass'] }),
    option('--break-glass <REASON>', 'why one person both starts and approves; all subscribers are notified', {
      parse: shortText,
    }),
    option('--yes', 'do not ask'),
    reason,
    json,
    installation,
  ],
  see: 'explanation/approval.md',
});
