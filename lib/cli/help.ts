const EXITS = `Exit codes: 0 a verified archive exists, 1 the export failed, 2 the command line or the
configuration is wrong, 130 interrupted (and cleaned up).
`;

/** Texts of --help, by command. Plain strings: nothing is loaded to show them. */
export const HELP: Readonly<Record<string, string>> = {
  all: `offsite: off-site, verified snapshots of Cloudify Managers

  offsite export --local             take a snapshot off a manager, whole and proven, on this machine
  offsite simulate-manager           a Cloudify Manager to try things on
  offsite local-s3                   an S3 on a folder
  offsite COMMAND --help             the flags of a command
  offsite --version

${EXITS}`,

  export: `offsite export --local [flags]

Runs the export state machine on this machine, with the same steps that run in AWS. Without
flags it exports from a simulated manager into ./offsite-data.

The manager
  --manager NAME          its name in the archive's key: a letter, then letters, digits, hyphens, all
                          lower case, 63 at most (needed with --manager-url)
  --manager-url URL       https://manager.example.com; once per node of a cluster
  --username NAME         with --password-file FILE ("-": from standard input)
  --token-file FILE       an API token instead ("-": from standard input)
  --tenant NAME           default: default_tenant
  --ca-file FILE          PEM of the CA that signed the manager's certificate
  --size SIZE             of the simulated manager's archive, e.g. 2GiB (default 256MiB)

Where to
  --to DIR                a folder (default: ./offsite-data); archives are plain files in it
  --bucket NAME           a bucket; AWS unless --s3-endpoint names another store
  --s3-endpoint URL       an S3-compatible store; credentials as for any AWS tool

The run
  --scheduled-time TIME   ISO time that names the snapshot (default: now)
  --reason TEXT           for the record
  --keep N                newest snapshots of ours that stay on the manager (default 2)
  --json                  one JSON document on standard output: the run report
  --verbose               warnings of the steps on standard error

${EXITS}`,

  'simulate-manager': `offsite simulate-manager --port PORT [flags]

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
  --tls                   HTTPS with a CA of its own, written to --ca-out FILE
`,

  'local-s3': `offsite local-s3 --port PORT --dir DIR

An S3 endpoint on a folder, until it is interrupted: versions, multipart, checksums, tags.
It verifies no signatures: for this machine only.

  --port PORT             default: any free port
  --dir DIR               default ./offsite-data
  --bucket NAME           made if it is not there (default offsite)
`,
};
