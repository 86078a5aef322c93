"""Judges what lies in a folder, with nothing of ours: zipfile, zlib, json and the file system.

judge.py FOLDER STATE [--night ID] [--exit CODE] [--blind] [--settled] [--expire] [--manager URL] [--target URL]

Prints one line for each violation. STATE is what it saw last; it is written anew.
"""
import argparse, base64, hashlib, json, os, re, sys, urllib.request, zipfile, zlib

parser = argparse.ArgumentParser()
parser.add_argument("folder")
parser.add_argument("state")
parser.add_argument("--night")
parser.add_argument("--exit", type=int)
parser.add_argument("--blind", action="store_true", help="the command lost its storage for good, and cannot know")
parser.add_argument("--settled", action="store_true", help="the command has run again, undisturbed")
parser.add_argument("--expire", action="store_true", help="the command lets archives go")
parser.add_argument("--manager", help="a manager whose snapshots are counted")
parser.add_argument("--target", help="a manager that has been restored")
given = parser.parse_args()
root, meta = os.path.join(given.folder, "offsite"), os.path.join(given.folder, ".offsite-s3")
violations = []


def files(top):
    return [os.path.join(at, name) for at, _, names in os.walk(top) for name in names]


def read(path):
    with open(path, "rb") as file:
        return file.read()


def key_of(path):
    return os.path.relpath(path, root)


def ask(url, what):
    request = urllib.request.Request(url + "/api/v3.1/" + what, headers={
        "Authorization": "Basic " + base64.b64encode(b"admin:admin").decode(), "Tenant": "default_tenant"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def whole(path, manifest):
    """Why this archive is not what its manifest says."""
    data = read(path)
    if len(data) != manifest["archive"]["size"]:
        return "has %d bytes" % len(data)
    if base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode() != manifest["archive"]["crc32"]:
        return "has another CRC-32"
    try:
        with zipfile.ZipFile(path) as archive:
            bad = archive.testzip()
            if bad is not None:
                return "has a damaged member " + bad
            if len(archive.infolist()) != manifest["snapshot"]["memberCount"]:
                return "has %d members" % len(archive.infolist())
    except Exception as error:
        return "is no zip: %s" % error
    return None


tags, referred = {}, set()
for path in files(os.path.join(meta, "offsite", "objects")):
    if not path.endswith("record.json"):
        continue
    record = json.loads(read(path))
    for version in record["versions"]:
        referred.add(os.path.join(os.path.dirname(path), version["id"] + ".data"))
    if record["versions"]:
        tags[record["key"]] = {tag["key"]: tag["value"] for tag in record["versions"][0].get("tags") or []}

manifests = {}
for path in files(os.path.join(root, "manifests")):
    manifests[key_of(path)] = json.loads(read(path))
archives = {key_of(path): hashlib.sha256(read(path)).hexdigest() for path in files(os.path.join(root, "archives"))}

# No manifest without a whole archive.
recorded = {}
for key, manifest in manifests.items():
    archive = manifest["archive"]["key"]
    recorded[archive] = key
    if archive not in archives:
        # A run of `expire` that was killed hides the archive first; the next one hides the manifest.
        if not given.expire or given.settled:
            violations.append("manifest %s has no archive" % key)
        continue
    why = whole(os.path.join(root, archive), manifest)
    if why is not None:
        violations.append("manifest %s stands, and %s %s" % (key, archive, why))

# Earlier archives are untouched; only what no tag holds may go, and only by `expire`.
before = json.loads(read(given.state)) if os.path.exists(given.state) else {"recorded": {}}
for archive, (digest, manifest, tag) in before["recorded"].items():
    if archive in archives:
        if archives[archive] != digest:
            violations.append("%s was changed" % archive)
        if manifest not in manifests and not given.expire:
            violations.append("%s has lost its manifest" % archive)
    elif not given.expire or tag in (None, "held", "kept"):
        violations.append("%s is gone, its tag was %s" % (archive, tag))
    elif archive in recorded and given.settled:
        violations.append("%s is gone and its manifest is not" % archive)

# The exit code is true. A killed command has none.
if given.night is not None:
    exists = any(manifest["snapshot"]["id"] == given.night for manifest in manifests.values())
    if given.exit == 0 and not exists:
        violations.append("exit code 0, and %s has no manifest" % given.night)
    if given.exit not in (None, 0) and exists and not given.blind:
        violations.append("exit code %d, and %s has a verified archive" % (given.exit, given.night))

# Nothing is left over once the command has run again.
if given.settled:
    for archive in archives:
        if archive not in recorded:
            violations.append("left over: %s, without a manifest" % archive)
    for part in ("tmp", "uploads"):
        left = files(os.path.join(meta, "offsite", part))
        if left:
            violations.append("left over: %d files in %s, %s" % (len(left), part, left[0]))
    for path in files(os.path.join(meta, "offsite", "objects")):
        if path.endswith("record.json"):
            continue
        if path not in referred:
            violations.append("left over: %s, which no record names" % path)
    kinds = {}
    for name in os.listdir(meta):
        kinds.setdefault(re.sub(r"[0-9a-f-]{4,}", "#", name), []).append(name)
    for kind, names in kinds.items():
        if len(names) > 2:
            violations.append("left over: %d files %s, %s" % (len(names), kind, names))
    for path in files(root):
        known = r"(archives|inspections|manifests|marks|verifications|runs|restores|reconciliations|claims|keys)/|indexes/[^/]+/(head|\d{4}-\d\d)\.json$"
        if not re.match(known, key_of(path)):
            violations.append("left over: %s" % key_of(path))
    for key in map(key_of, files(os.path.join(root, "runs"))):
        if "/." in key:
            violations.append("left over: %s" % key)

# Two of each store's nights stay; what a disturbed run left there is the next run's.
if given.manager and given.settled:
    snapshots = ask(given.manager, "snapshots?_include=id")["items"]
    if len(snapshots) > 4:
        violations.append("the manager holds %d snapshots" % len(snapshots))
if given.target:
    held = ask(given.target, "blueprints?_include=id&_all_tenants=true")["metadata"]["pagination"]["total"]
    if held == 0:
        violations.append("the restore succeeded, and the manager holds no blueprint")

with open(given.state, "w") as file:
    seen = {}
    for archive, key in recorded.items():
        if archive in archives:
            seen[archive] = [archives[archive], key, tags.get(archive, {}).get("expire")]
    json.dump({"recorded": seen}, file)
print("\n".join(violations), end="")
sys.exit(0)
