export const demoHelp = `offsite demo [flags]

Exports from a simulated manager, restores into an empty second one, counts both again and
compares: a whole recovery within a minute, with nothing outside this machine.

  --size SIZE             of the archive, e.g. 1GiB (default 64MiB)
  --to DIR                where archive and evidence go (default: ./offsite-data)
`;
