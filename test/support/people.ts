import { type PersonName, personNames } from '../../lib/cdk/people.ts';
import { plain, resourcesOf, type Statement, type Synthesized, statementsOf } from '../stack/synth.ts';

/** The managed policies of a stack, and what IAM decides by them. */
export class People {
  readonly policies = new Map<PersonName, readonly Statement[]>();

  constructor(made: Synthesized, installation: string) {
    for (const { Properties } of Object.values(resourcesOf(made, 'AWS::IAM::ManagedPolicy'))) {
      const named = plain(Properties['ManagedPolicyName']);
      const name = personNames.find((person) => named === `${installation}-${person}-<AWS::Region>`);
      if (name) this.policies.set(name, statementsOf(Properties['PolicyDocument']));
    }
  }

  /** As IAM decides for a person with these policies and no other: a denial wins. */
  may(people: readonly PersonName[], action: string, resource: string): boolean {
    const about = people
      .flatMap((person) => this.policies.get(person) ?? [])
      .filter(
        ({ Action, Resource }) =>
          Action.some((one) => matches(one, action)) && Resource.some((one) => matches(one, resource)),
      );
    return about.some(({ Effect }) => Effect === 'Allow') && !about.some(({ Effect }) => Effect === 'Deny');
  }
}

const matches = (pattern: string, text: string) =>
  new RegExp(
    `^${pattern
      .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  ).test(text);
