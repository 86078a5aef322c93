"""What a manager's restore keeps of an archive, by readers that are not ours: zipfile, json, and a plain reading of dumps.

Reads archives from stdin, each behind its length (8 bytes, big endian), and writes one line of JSON for each:
{"totals": {type: count}, "tenants": {name: {type: count}}} or {"error": why the restore would end}.

New format: pages in the order of their names, one item for each key, the last wins; tenants are those with an entry of
their own. Legacy: each row as psql and COPY would take it.
"""
import io
import json
import re
import sys
import zipfile

KEYS = {
    'sites': ('name',), 'tenants': ('name',), 'user_groups': ('name',), 'secrets': ('key',), 'users': ('username',),
    'permissions': ('role', 'permission'), 'events': ('timestamp', 'message'), 'secrets_providers': ('name',),
}
ALIASES = {'groups': 'user_groups', 'plugins_update': 'plugins_updates', 'deployments_filter': 'deployments_filters'}
HUGE = {'events', 'logs', 'operations', 'tasks_graphs', 'audit_log'}


class Refused(Exception):
    pass


def load(zip_file, name):
    with zip_file.open(name) as raw, io.TextIOWrapper(raw, encoding='utf-8') as text:
        return json.load(text)


def count(counts, tenant, name, by=1):
    counts['totals'][name] = counts['totals'].get(name, 0) + by
    if tenant is not None:
        of_tenant = counts['tenants'].setdefault(tenant, {})
        of_tenant[name] = of_tenant.get(name, 0) + by


def new_format(zip_file):
    counts = {'totals': {}, 'tenants': {}}
    tenants = set()
    pages = {}
    for entry in zip_file.filelist:
        parts = entry.filename.strip('/').split('/')
        if entry.filename.endswith('/'):
            if len(parts) == 2 and parts[0] == 'tenants':
                tenants.add(parts[1])
        elif parts[0] == 'mgmt' and len(parts) == 2 and entry.filename.endswith('.json'):
            pages.setdefault(None, []).append(entry.filename)
        elif parts[0] == 'tenants' and len(parts) == 3 and entry.filename.endswith('.json'):
            pages.setdefault(parts[1], []).append(entry.filename)
    for tenant in [None] + sorted(tenants):
        if tenant is not None:
            counts['tenants'][tenant] = {}
        kept = {}
        for name in sorted(pages.get(tenant, [])):
            page = load(zip_file, name)
            group = (page['type'], page.get('source'), page.get('source_id'))
            items = kept.setdefault(group, {})
            for item in page['items']:
                items[tuple(item[key] for key in KEYS.get(page['type'], ('id',)))] = item
        for (kind, _, _), items in kept.items():
            for item in items.values():
                is_log = kind == 'events' and item.get('type') == 'cloudify_log'
                count(counts, tenant, 'logs' if is_log else ALIASES.get(kind, kind))
    return counts


NAME = r'(?:"((?:[^"]|"")+)"|([A-Za-z_][\w$]*))'
COPY = re.compile(r'copy\s+(?:' + NAME + r'\s*\.\s*)?' + NAME + r'\s*\(([^()]*)\)\s*from\s+stdin\s*;\s*', re.I)
DELETE = re.compile(r"delete\s+from\s+(?:public\.)?executions\s+where\s+id\s*=\s*'([^']*)'\s*;\s*", re.I)
PATH = re.compile(r"set\s+search_path\s*=\s*(.*);\s*", re.I)
CONFIG = re.compile(r"select\s+pg_catalog\.set_config\('search_path', '(.*)', false\);\s*", re.I)
FINE = re.compile(r"(set\s+\w+\s*=\s*[^;']*|set\s+\w+\s*=\s*'[^;']*'|select\s+pg_catalog\.setval\('[^;']*', \d+, (?:true|false)\));\s*", re.I)
ESCAPE = re.compile(r'\\(.|$)')
PLAIN = {'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v'}


def folded(quoted, plain):
    return quoted.replace('""', '"') if quoted else plain and plain.lower()


def value_of(text):
    if text == '\\N':
        return None
    for letter in ESCAPE.findall(text):
        if letter not in 'bfnrtvN\\':
            raise Refused('escape')
    return ESCAPE.sub(lambda match: PLAIN.get(match.group(1), match.group(1)), text)


def tables_of(data):
    """Rows by table: the columns, and each row as a list of values."""
    if b'\0' in data:
        raise Refused('NUL')
    lines = data.decode('utf-8').split('\n')
    tables, path, at, restricted = {}, ['public'], 0, None
    if lines.pop() != '' and not lines:
        raise Refused('empty')
    while at < len(lines):
        line = lines[at]
        at += 1
        if line.startswith('--') or line.strip() == '':
            continue
        if line.startswith('\\'):
            verb, _, word = line.partition(' ')
            if verb not in ('\\restrict', '\\unrestrict') or (verb == '\\unrestrict' and word != restricted):
                raise Refused('command')
            restricted = word
            continue
        copy = COPY.fullmatch(line)
        if copy:
            schema = folded(copy.group(1), copy.group(2))
            name = folded(copy.group(3), copy.group(4))
            if schema is None:
                if len(path) != 1:
                    raise Refused('schema')
                schema = path[0]
            columns = [part.strip().strip('"') for part in copy.group(5).split(',')]
            rows = []
            while True:
                if at == len(lines):
                    raise Refused('unfinished table')
                row = lines[at]
                at += 1
                if row == '\\.':
                    break
                if '\r' in row:
                    raise Refused('carriage return')
                values = row.split('\t')
                if len(values) != len(columns):
                    raise Refused('columns')
                rows.append([value_of(value) for value in values])
            tables.setdefault(name if schema == 'public' else schema + '.' + name, []).append((columns, rows))
        elif DELETE.fullmatch(line):
            gone = DELETE.fullmatch(line).group(1)
            for columns, rows in tables.get('executions', []):
                place = columns.index('id')
                rows[:] = [row for row in rows if row[place] != gone]
        elif PATH.fullmatch(line) or CONFIG.fullmatch(line):
            found = PATH.fullmatch(line) or CONFIG.fullmatch(line)
            names = [part.strip().strip('"\'') for part in found.group(1).split(',')]
            path = [name for name in names if name not in ('', 'pg_catalog', '$user')]
        elif not FINE.fullmatch(line):
            raise Refused('statement')
    return tables


def legacy(zip_file):
    for name in ('admin_account.json', 'rest-security.conf', 'networks.json', 'agents.json'):
        if name in zip_file.namelist() or name != 'agents.json':
            if not isinstance(load(zip_file, name), dict):
                raise Refused(name)
    for name in ('stage_data', 'composer_data'):
        if name in zip_file.namelist():
            tables_of(zip_file.read(name))
    tables = tables_of(zip_file.read('pg_data'))
    counts = {'totals': {}, 'tenants': {}}
    names = {}
    for columns, rows in tables['tenants']:
        for row in rows:
            names[row[columns.index('id')]] = row[columns.index('name')]
    counts['tenants'] = {name: {} for name in names.values()}
    for table, blocks in tables.items():
        for columns, rows in blocks:
            place = columns.index('_tenant_id') if '_tenant_id' in columns and table not in HUGE else None
            for row in rows:
                tenant = None if place is None or row[place] is None else names.get(row[place], '#' + row[place])
                count(counts, tenant, ALIASES.get(table, table))
    return counts


def restore(data):
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as zip_file:
            metadata = load(zip_file, 'metadata.json')
            if not isinstance(metadata['snapshot_version'], str):
                raise Refused('version')
            return legacy(zip_file) if 'pg_data' in zip_file.namelist() else new_format(zip_file)
    except Exception as error:
        return {'error': '%s: %s' % (type(error).__name__, error)}


def main():
    source = sys.stdin.buffer
    while True:
        length = source.read(8)
        if len(length) < 8:
            return
        print(json.dumps(restore(source.read(int.from_bytes(length, 'big')))), flush=True)


main()
