export const simulateManagerHelp = `offsite simulate-manager --port PORT [flags]

A simulated Cloudify Manager that answers as real ones do, until it is interrupted.

  --port PORT             of the first node (default: any free port)
  --host ADDRESS          default 127.0.0.1
  --version X.Y.Z         5.0.5 to 7.0.5 (default 7.0.5)
  --archive FILE          the zip that its snapshots hold
  --size SIZE             or the size of a made one, e.g. 2GiB
  --username NAME         default admin
  --password TEXT         default admin; not a secret, unlike that of a real manager
  --nodes N               a cluster of N nodes with one database (default 1)
  --create-seconds N      how long a snapshot takes (default 5)
  --restore-seconds N     how long a restore takes (default 30)
  --holds archive|nothing  what it holds from the start (default archive)
  --tls                   HTTPS with a CA of its own, written to --ca-out FILE
`;
