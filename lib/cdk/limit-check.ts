import { dirname } from 'node:path';
import { type IPolicyValidationContext, type IPolicyValidationPlugin, Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { measure, tooLarge } from './measure.ts';

const checked = new WeakSet<Stack>();

/**
 * Ends `cdk synth` and `cdk deploy` of whatever app the construct is in, when its stack, or one nested in it, has become
 * larger than AWS takes. Of other stacks it says nothing.
 */
export function checkLimits(scope: IConstruct): void {
  const stack = Stack.of(scope);
  // Two constructs in one stack have the same templates.
  if (checked.has(stack)) return;
  checked.add(stack);
  Validations.of(scope).addPlugins(new LimitCheck(stack));
}

class LimitCheck implements IPolicyValidationPlugin {
  readonly name = 'cloudify-offsite';
  readonly #stack: Stack;

  constructor(stack: Stack) {
    this.#stack = stack;
  }

  validate({ templatePaths }: IPolicyValidationContext) {
    const ours = this.#stack.node.findAll().filter(Stack.isStack);
    const files = ours.map(({ templateFile }) => templateFile);
    const [own = ''] = templatePaths.filter((path) => path.endsWith(`/${this.#stack.templateFile}`));
    const found = tooLarge(measure(dirname(own), files));
    const violations = found.map(({ name, message }) => ({
      ruleName: name,
      description: `${name}: ${message}`,
      severity: 'fatal',
      violatingResources: [{ constructPath: this.#stack.node.path, locations: [] }],
    }));
    return { success: found.length === 0, violations };
  }
}
