import { join } from 'node:path';

/** How it is built: with what one node needs, so without the other databases, K2V and the figures of its work. */
export const GARAGE_BUILD = {
  features: 'sqlite,bundled-libs',
  // Building libsodium would also build and run its 78 tests: 15 minutes on a busy machine were not enough.
  env: { GNUMAKEFLAGS: 'TESTS= check_PROGRAMS=' },
};

/** One node that keeps each block once. No other node reaches it: the port among nodes is any that is free. */
export function garageSettings(port: number, dir: string): string {
  return `metadata_dir = "${join(dir, 'metadata')}"
data_dir = "${join(dir, 'data')}"
db_engine = "sqlite"
replication_factor = 1
rpc_bind_addr = "127.0.0.1:0"
rpc_secret = "${'0'.repeat(64)}"

[s3_api]
s3_region = "us-east-1"
api_bind_addr = "127.0.0.1:${port}"
`;
}
