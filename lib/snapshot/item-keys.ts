/** Fields of items that are looked at. The `type` of an event says whether it is one or a line of a log. */
export const FIELDS = ['id', 'name', 'key', 'username', 'role', 'permission', 'timestamp', 'message', 'type'] as const;
type Field = (typeof FIELDS)[number];

export const TYPE_FIELD = FIELDS.indexOf('type');
export const LOG_TYPE = 'cloudify_log';

const placesOf = (...names: readonly Field[]): readonly number[] => names.map((name) => FIELDS.indexOf(name));

const ID = placesOf('id');
const NAME = placesOf('name');
const EVENT = placesOf('timestamp', 'message');

/**
 * By what a restore tells the items of a type apart (cloudify-manager 7.0.1 to 7.0.5, `_new_restore_update_entities`):
 * of two with the same one, the later stays. All other types: `id`.
 */
const KEYS: ReadonlyMap<string, readonly number[]> = new Map([
  ['sites', NAME],
  ['tenants', NAME],
  ['user_groups', NAME],
  ['secrets', placesOf('key')],
  ['users', placesOf('username')],
  ['permissions', placesOf('role', 'permission')],
  ['events', EVENT],
  // Types of pages of 7.0.0: events by what they belong to, and providers, which have a name and no id.
  ['executions_events', EVENT],
  ['execution_groups_events', EVENT],
  ['secrets_providers', NAME],
]);

/** The keys of the items of a type, as places in `FIELDS`. */
export function keysOf(type: string): readonly number[] {
  return KEYS.get(type) ?? ID;
}

/** Whether items of the type are events and lines of logs, which share their pages. */
export function isHistory(type: string): boolean {
  return keysOf(type) === EVENT;
}

/** What has to be kept of an item of a type. */
export function fieldsOf(type: string): readonly number[] {
  return isHistory(type) ? [...EVENT, TYPE_FIELD] : keysOf(type);
}
