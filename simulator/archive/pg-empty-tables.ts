/** Tables that have no rows in our dumps, with their columns, as `pg_dump` of a 5.1.0 manager names them. */
const SINCE_5: Readonly<Record<string, string>> = {
  deployment_modifications:
    '_storage_id, id, context, created_at, ended_at, modified_nodes, node_instances, status, _deployment_fk, _creator_id, _tenant_id, visibility',
  deployment_update_steps:
    '_storage_id, id, action, entity_id, entity_type, _deployment_update_fk, _creator_id, _tenant_id, visibility',
  deployment_updates:
    '_storage_id, id, created_at, deployment_plan, deployment_update_node_instances, deployment_update_deployment, deployment_update_nodes, modified_entity_ids, state, _execution_fk, _deployment_fk, _creator_id, _tenant_id, visibility, _old_blueprint_fk, _new_blueprint_fk, old_inputs, new_inputs, central_plugins_to_install, central_plugins_to_uninstall, runtime_only_evaluation',
  groups_roles: 'group_id, role_id',
  groups_tenants: 'group_id, tenant_id, role_id',
  logs: '_storage_id, id, "timestamp", message, message_code, logger, level, operation, node_id, _execution_fk, _creator_id, _tenant_id, reported_timestamp, visibility, source_id, target_id',
  operations:
    '_storage_id, id, visibility, name, state, created_at, dependencies, type, parameters, _tasks_graph_fk, _tenant_id, _creator_id',
  plugins_updates:
    '_storage_id, id, visibility, created_at, state, deployments_to_update, forced, _original_blueprint_fk, _temp_blueprint_fk, _execution_fk, _tenant_id, _creator_id',
  tasks_graphs: '_storage_id, id, visibility, name, created_at, _execution_fk, _tenant_id, _creator_id',
  users_groups: 'user_id, group_id',
};

/** The same of a 7.1.0 manager; which earlier ones have them already is not known. */
const SINCE_7_1: Readonly<Record<string, string>> = {
  blueprints_filters:
    '_storage_id, id, visibility, created_at, value, updated_at, _tenant_id, _creator_id, is_system_filter',
  blueprints_labels: 'created_at, id, key, value, _labeled_model_fk, _creator_id',
  deployment_groups:
    '_storage_id, id, visibility, created_at, description, _default_blueprint_fk, default_inputs, _tenant_id, _creator_id, creation_counter',
  deployment_groups_deployments: 'deployment_group_id, deployment_id',
  deployment_groups_labels: 'created_at, id, key, value, _labeled_model_fk, _creator_id',
  deployment_labels_dependencies:
    '_storage_id, id, visibility, created_at, _source_deployment, _target_deployment, _tenant_id, _creator_id',
  deployments_filters:
    '_storage_id, id, visibility, created_at, value, updated_at, _tenant_id, _creator_id, is_system_filter',
  deployments_labels: 'id, key, value, created_at, _creator_id, _labeled_model_fk',
  execution_groups:
    '_storage_id, id, visibility, created_at, _deployment_group_fk, workflow_id, _tenant_id, _creator_id, concurrency, _success_group_fk, _failed_group_fk',
  execution_groups_executions: 'execution_group_id, execution_id',
  execution_schedules:
    '_storage_id, id, visibility, created_at, next_occurrence, since, until, rule, slip, workflow_id, parameters, execution_arguments, stop_on_fail, enabled, _deployment_fk, _latest_execution_fk, _tenant_id, _creator_id',
  inter_deployment_dependencies:
    '_storage_id, id, visibility, created_at, dependency_creator, target_deployment_func, _source_deployment, _target_deployment, _tenant_id, _creator_id, external_source, external_target',
  log_bundles: 'created_at, _storage_id, id, visibility, status, error, _tenant_id, _creator_id',
  permissions: 'id, role_id, name',
  secrets_providers:
    'created_at, _storage_id, id, visibility, name, type, connection_parameters, updated_at, _tenant_id, _creator_id',
  tokens: 'created_at, id, secret_hash, description, last_used, expiration_date, _user_fk, _execution_fk',
};

/** pg_dump writes every table, be it empty. Table and columns of each. */
export function emptyTables(version: string): readonly (readonly [string, string])[] {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isNew = major > 7 || (major === 7 && minor > 0);
  return Object.entries(isNew ? { ...SINCE_5, ...SINCE_7_1 } : SINCE_5);
}
