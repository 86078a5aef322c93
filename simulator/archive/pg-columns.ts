/** Tables of the dump with their columns, as `pg_dump` of a 5.1.0 manager names them; later ones have a few more. */
export const COLUMNS = {
  tenants: 'id, name, rabbitmq_password, rabbitmq_username, rabbitmq_vhost',
  users:
    'id, username, active, created_at, email, first_name, last_login_at, last_name, password, api_token_key, last_failed_login_at, failed_logins_counter',
  groups: 'id, name, ldap_dn',
  users_roles: 'user_id, role_id',
  users_tenants: 'user_id, tenant_id, role_id',
  blueprints:
    '_storage_id, id, created_at, main_file_name, plan, updated_at, description, _tenant_id, _creator_id, visibility, is_hidden',
  sites: '_storage_id, id, visibility, created_at, name, latitude, longitude, _tenant_id, _creator_id',
  plugins:
    '_storage_id, id, archive_name, distribution, distribution_release, distribution_version, excluded_wheels, package_name, package_source, package_version, supported_platform, supported_py_versions, uploaded_at, wheels, _tenant_id, _creator_id, visibility',
  secrets: '_storage_id, id, value, created_at, updated_at, _tenant_id, _creator_id, visibility, is_hidden_value',
  deployments:
    '_storage_id, id, created_at, description, inputs, groups, permalink, policy_triggers, policy_types, outputs, scaling_groups, updated_at, workflows, _blueprint_fk, _creator_id, _tenant_id, visibility, capabilities, _site_fk, runtime_only_evaluation',
  nodes:
    '_storage_id, id, deploy_number_of_instances, host_id, max_number_of_instances, min_number_of_instances, number_of_instances, planned_number_of_instances, plugins, plugins_to_install, properties, relationships, operations, type, type_hierarchy, _deployment_fk, _creator_id, _tenant_id, visibility',
  node_instances:
    '_storage_id, id, host_id, relationships, runtime_properties, scaling_groups, state, version, _node_fk, _creator_id, _tenant_id, visibility, index',
  agents:
    '_storage_id, id, name, ip, install_method, system, version, state, visibility, rabbitmq_username, rabbitmq_password, rabbitmq_exchange, created_at, updated_at, _node_instance_fk, _tenant_id, _creator_id',
  executions:
    '_storage_id, id, created_at, error, is_system_workflow, parameters, status, workflow_id, _deployment_fk, _tenant_id, _creator_id, visibility, ended_at, started_at, is_dry_run, scheduled_for, token, blueprint_id',
  events:
    '_storage_id, id, "timestamp", message, message_code, event_type, operation, node_id, _execution_fk, _creator_id, _tenant_id, reported_timestamp, error_causes, visibility, source_id, target_id',
} as const;

export type TableName = keyof typeof COLUMNS;
