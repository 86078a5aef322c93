import { command, option } from '../../command.ts';
import { BOTH } from '../../groups.ts';
import { archives } from '../../options/archives.ts';
import { address, whole } from '../../options/values.ts';

export const metricsLiteral = command({
  name: 'metrics',
  group: BOTH,
  summary: 'write metrics for Prometheus, or serve them',
  about: `Writes the state of every manager as OpenMetrics: the newest verified archive, the last run, the last drill,
findings and sizes. --output writes a file for the textfile collector of node_exporter; --listen serves GET /metrics until it
is interrupted; without either, the metrics go to standard output. It changes nothing, and an export that runs does not
block it.`,
  arguments: [],
  options: [
    option('--output <FILE>', 'replace this file in one step', { conflicts: ['--listen'] }),
    option('--listen <ADDRESS>', 'port, or host and port; without a host only this machine can connect', {
      parse: address,
    }),
    option('--max-age <SECONDS>', 'with --listen: read anew when the numbers are older, 1 to 86400 (default: 60)', {
      needs: '--listen',
      parse: whole(1, 86_400),
    }),
    option('--token-file <FILE>', 'with --listen: requests must bring the token in this file, as a bearer token', {
      needs: '--listen',
    }),
    ...archives,
  ],
  exits: `Exit codes: 0 the metrics were written, or served until an interrupt, 1 the state could not be read or written, 2 the
command line or the configuration is wrong.`,
  see: 'how-to/monitoring.md',
  prints: 'document',
});
