import type { StoreCapabilities } from '../../storage/capabilities.ts';
import { lacksOf } from '../../storage/lacks.ts';

/** One sentence without its full stop. */
export function storeText(store: StoreCapabilities): string {
  const lacks = lacksOf(store).map(({ what, instead }) => `${what} (${instead})`);
  return lacks.length === 0 ? 'can do all that is needed' : `does not have: ${lacks.join(', ')}`;
}
