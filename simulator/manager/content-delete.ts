import { tenantOf } from './auth.ts';
import type { ContentType } from './content.ts';
import { bodyOf, type Exchange } from './exchange.ts';
import { nameOf } from './inventory-lists.ts';
import { failure, noContent, notFound, type Reply } from './reply.ts';

const KINDS: Partial<Record<ContentType, string>> = {
  deployments: 'Deployment',
  blueprints: 'Blueprint',
  plugins: 'Plugin',
  secrets: 'Secret',
  sites: 'Site',
};

/**
 * Removes one thing that the manager holds, at once: real ones run a workflow for deployments first. All deployments are
 * of the tenant's first blueprint, as those of generated archives.
 */
export function deleteOf(type: ContentType): (exchange: Exchange, id: string) => Promise<Reply> {
  return async (exchange, id) => {
    await bodyOf(exchange);
    const { content } = exchange.state;
    const tenant = tenantOf(exchange);
    const holding = content.holding(tenant, type);
    const number = holding.below(holding.capacity).find((one) => nameOf(type, tenant, one) === id);
    if (number === undefined) throw notFound(KINDS[type] ?? type, id);
    const deployments = content.holding(tenant, 'deployments').size;
    if (type === 'blueprints' && number === 0 && deployments > 0) {
      throw failure(
        400,
        'dependent_exists_error',
        `Can't delete blueprint ${id} - There exist deployments for this blueprint`,
      );
    }
    if (type === 'deployments') content.deleteDeployment(tenant, number);
    else holding.delete(number);
    return noContent();
  };
}
