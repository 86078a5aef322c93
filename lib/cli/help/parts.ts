/** What texts of --help share. */
export const EXITS = `Exit codes: 0 done and proven, 1 it failed, 2 the command line or the configuration is wrong and
nothing was started, 130 interrupted (and cleaned up).
`;

/** The flags that export and restore share. */
export const CREDENTIALS = `  --username NAME         with --password-file FILE ("-": from standard input)
  --token-file FILE       an API token instead ("-": from standard input)
  --tenant NAME           default: default_tenant
  --ca-file FILE          PEM of the CA that signed the manager's certificate`;
export const STORE = `  --bucket NAME           a bucket; AWS unless --s3-endpoint names another store
  --s3-endpoint URL       an S3-compatible store; credentials as for any AWS tool`;
/** The flags of what starts something in AWS. */
export const IN_AWS = `  --installation NAME     which one is meant (default: offsite); region and credentials as for any AWS tool
  --wait                  show how it goes, until it has ended; Ctrl-C stops the showing alone`;
/** Where the archives are that a command only reads. */
export const ARCHIVES = `Where the archives are
  --installation NAME     in AWS: which one is meant (default: offsite)
  --local                 on this machine or in any bucket, without an installation:
  --from DIR              a folder with archives (default: ./offsite-data)
  --bucket NAME           a bucket; AWS unless --s3-endpoint names another store
  --s3-endpoint URL       an S3-compatible store; credentials as for any AWS tool`;
