import { expect, test } from 'vitest';
import { RestoreWorld } from '../support/restore-world.ts';

test.each(['6.4.2', '7.0.5'])(
  '%s: the answer of the function is lost and the worker takes the restore late: asked for once, never cancelled',
  async (version) => {
    const both = await RestoreWorld.start({ version, target: { restoreSeconds: 450 } });
    try {
      const after = (step: string, call: number) => {
        if (step !== 'StartRestore' || call !== 1) return;
        both.world.clock.advance(2);
        throw Object.assign(new Error('lost'), { name: 'Lambda.SdkClientException' });
      };
      const { outcome } = await both.restore({}, { after });
      expect(outcome).toMatchObject({ status: 'SUCCEEDED' });
      const { requests } = both.target;
      expect(requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/restore'))).toHaveLength(1);
      expect(requests.filter(({ method }) => method === 'PATCH')).toEqual([]);
    } finally {
      await both.stop();
    }
  },
);
