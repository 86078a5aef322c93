const EXITS = `Exit codes: 0 done and proven, 1 it failed, 2 the command line or the configuration is wrong and
nothing was started, 130 interrupted (and cleaned up).
`;

/** The flags that export and restore share. */
const CREDENTIALS = `  --username NAME         with --password-file FILE ("-": from standard input)
  --token-file FILE       an API token instead ("-": from standard input)
  --tenant NAME           default: default_tenant
  --ca-file FILE          PEM of the CA that signed the manager's certificate`;
const STORE = `  --bucket NAME           a bucket; AWS unless --s3-endpoint names another store
  --s3-endpoint URL       an S3-compatible store; credentials as for any AWS tool`;

/** Texts of --help, by command. Plain strings: nothing is loaded to show them. */
export const HELP: Readonly<Record<string, string>> = {
  all: `offsite: off-site, verified snapshots of Cloudify Managers

  offsite export --local             take a snapshot off a manager, whole and proven, on this machine
  offsite restore --local            restore a verified archive to a manager, and prove the result
  offsite demo                       both of them, between two simulated managers
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
${CREDENTIALS}
  --size SIZE             of the simulated manager's archive, e.g. 2GiB (default 256MiB)

Where to
  --to DIR                a folder (default: ./offsite-data); archives are plain files in it
${STORE}

The run
  --scheduled-time TIME   ISO time that names the snapshot (default: now)
  --reason TEXT           for the record
  --keep N                newest snapshots of ours that stay on the manager (default 2)
  --json                  one JSON document on standard output: the run report
  --verbose               warnings of the steps on standard error

${EXITS}`,

  restore: `offsite restore --local --manager NAME --manager-url URL [flags]

Runs the restore state machine on this machine: picks an archive, checks the manager, hands the
archive over, restores, and compares what the manager holds then with the archive.

The manager that is restored to
  --manager NAME          its name, as for an export
  --manager-url URL       https://manager.example.com; once per node of a cluster
${CREDENTIALS}
  --restored-username NAME  with --restored-password-file FILE: what is good after the restore,
                          when the archive brings other passwords than the manager has now

Which archive
  --from DIR              a folder with archives (default: ./offsite-data)
${STORE}
  --source-manager NAME   whose archives (default: those of --manager)
  --archive latest|ID     the newest, or one by its id (default: latest)
  --as-of TIME            the newest one that was finished by an ISO time
  --archive-url URL       an archive from elsewhere

How
  --force                 restore over what is there; asks first, unless --yes
  --yes                   do not ask
  --no-recreate-deployments-envs  leave the environments of deployments out
  --restore-certificates  the archive's certificates as well; the manager reboots
  --no-reboot             ... or does not
  --tenant-name NAME      the tenant to upload and restore in (default: that of --tenant)
  --method auto|url|stream  the manager fetches the archive by URL, or is sent it (default: auto)
  --allow-partial         differences that remain are no failure
  --dry-run               look, plan, change nothing; 1 if the restore would be refused
  --drill                 for practice: what was restored is removed again afterwards
  --drill-target          with --drill: this manager may be overwritten by drills
  --reason TEXT           for the record
  --json                  one JSON document on standard output: the report, or the plan
  --verbose               warnings of the steps on standard error

${EXITS}`,

  demo: `offsite demo [flags]

Exports from a simulated manager, restores into an empty second one, counts both again and
compares: a whole recovery within a minute, with nothing outside this machine.

  --size SIZE             of the archive, e.g. 1GiB (default 64MiB)
  --to DIR                where archive and evidence go (default: ./offsite-data)
`,

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
  --restore-seconds N     how long a restore takes (default 30)
  --holds archive|nothing  what it holds from the start (default archive)
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
