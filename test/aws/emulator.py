"""Starts MiniStack; with the argument "mended", it mends in memory what it does unlike AWS (docs/how-to/testing-aws.md).

Ends with its children as soon as its standard input closes: whoever started it may be killed at any time.
"""

import base64
import contextvars
import os
import shutil
import signal
import sys
import threading
import zlib
from datetime import datetime, timezone

from ministack import app
from ministack.core import iam_evaluator, lambda_runtime, responses
from ministack.services import eventbridge, lambda_svc, s3, scheduler
from ministack.services.cloudformation import provisioners


def end_with_parent():
    sys.stdin.buffer.read()
    shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)
    os.killpg(os.getpgid(0), signal.SIGKILL)


def replaced(text, old, new):
    """A newer MiniStack may have closed the gap or moved it: then somebody has to look."""
    if text.count(old) != 1:
        sys.exit(f"test/aws/emulator.py does not fit this version of MiniStack: it has no single {old!r}.")
    return text.replace(old, new)


def name_errors():
    """A failed function is reported by the name of its error, which Retry and Catch go by; here it was always
    Runtime.HandlerError."""
    lambda_runtime._NODEJS_WORKER_SCRIPT = replaced(
        lambda_runtime._NODEJS_WORKER_SCRIPT,
        'error: String(err.message || err), trace: err.stack || ""',
        'error: String(err.message || err), error_payload: {'
        ' errorType: (err && err.name) || typeof err, errorMessage: String((err && err.message) || err),'
        ' trace: String((err && err.stack) || "").split("\\n") }',
    )
    # The same function for other runtimes, which passes error_payload on.
    lambda_svc._execute_function_warm = lambda_svc._execute_function_provided_warm


def let_invocations_end():
    """An update of a function leaves what is running alone; here its process was killed in the middle."""
    kill = lambda_runtime.kill_workers

    def when_idle(workers):
        for worker in workers:
            # Held for as long as it works.
            with worker._lock:
                kill([worker])

    def later(workers):
        threading.Thread(target=when_idle, args=[workers], daemon=True).start()

    lambda_runtime.kill_workers = later


def tell_scheduled_time():
    """The scheduler puts the time at which it was due into the target's input."""
    invoke = eventbridge._invoke_target

    def with_time(target, event, rule, view=None):
        if event.get("Source") == "aws.scheduler" and target.get("Input"):
            due = datetime.fromtimestamp(event["Time"], tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            target = {**target, "Input": target["Input"].replace("<aws.scheduler.scheduled-time>", due)}
        return invoke(target, event, rule, view)

    eventbridge._invoke_target = with_time


def encrypt_buckets():
    """A bucket encrypts with the key of the template; here it was as if nothing were said."""
    known = provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]

    def create(logical_id, props, stack):
        name, attributes = known["create"](logical_id, props, stack)
        for rule in props.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", []):
            by = rule["ServerSideEncryptionByDefault"]
            # It knows no key of the account itself, which the bucket of the CDK asks for.
            if "KMSMasterKeyID" not in by:
                continue
            key = f"<KMSMasterKeyID>{by['KMSMasterKeyID']}</KMSMasterKeyID>"
            default = f"<SSEAlgorithm>{by['SSEAlgorithm']}</SSEAlgorithm>{key}"
            rules = f"<Rule><ApplyServerSideEncryptionByDefault>{default}</ApplyServerSideEncryptionByDefault></Rule>"
            document = "ServerSideEncryptionConfiguration"
            s3._put_bucket_encryption(name, f'<{document} xmlns="{s3.S3_NS}">{rules}</{document}>'.encode())
        return name, attributes

    provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"] = {**known, "create": create}


def after_each(kind, work):
    """Does `work(name, props)` after a resource of this kind was made or changed."""
    known = provisioners._RESOURCE_HANDLERS[kind]

    def create(logical_id, props, stack):
        name, attributes = known["create"](logical_id, props, stack)
        work(name, props)
        return name, attributes

    def update(physical_id, old, new, stack):
        name, attributes = known["update"](physical_id, old, new, stack)
        work(name, new)
        return name, attributes

    provisioners._RESOURCE_HANDLERS[kind] = {**known, "create": create, "update": update}


def protect_buckets():
    """A bucket has the Object Lock, the lifecycle and the replication of the template; here it had none of them."""

    def protect(name, props):
        if props.get("ObjectLockEnabled"):
            s3._bucket_object_lock[name] = {"enabled": True, "default_retention": None}
        if "LifecycleConfiguration" in props:
            s3._bucket_lifecycle[name] = [lifecycle_rule(rule) for rule in props["LifecycleConfiguration"]["Rules"]]
        if "ReplicationConfiguration" in props:
            s3._bucket_replication[name] = props["ReplicationConfiguration"]

    after_each("AWS::S3::Bucket", protect)


def lifecycle_rule(rule):
    """As S3's API has it, of a template's rule."""
    made = {"ID": rule["Id"], "Status": rule["Status"]}
    [tag] = rule.get("TagFilters", [None])
    made["Filter"] = {"Tag": tag} if tag else {"Prefix": rule.get("Prefix", "")}
    if "ExpirationInDays" in rule:
        made["Expiration"] = {"Days": int(rule["ExpirationInDays"])}
    if "ExpiredObjectDeleteMarker" in rule:
        made["Expiration"] = {"ExpiredObjectDeleteMarker": True}
    if "NoncurrentVersionExpiration" in rule:
        days = int(rule["NoncurrentVersionExpiration"]["NoncurrentDays"])
        made["NoncurrentVersionExpiration"] = {"NoncurrentDays": days}
    if "Transitions" in rule:
        made["Transitions"] = [
            {"Days": int(one["TransitionInDays"]), "StorageClass": one["StorageClass"]} for one in rule["Transitions"]
        ]
    if "AbortIncompleteMultipartUpload" in rule:
        days = int(rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"])
        made["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": days}
    return made


def keep_time_zones():
    """A schedule has the time zone of the template; here all were UTC."""

    def keep(name, props):
        made = scheduler._schedules[f"{props.get('GroupName', 'default')}/{name}"]
        made["ScheduleExpressionTimezone"] = props.get("ScheduleExpressionTimezone", "UTC")

    after_each("AWS::Scheduler::Schedule", keep)


def take_unknown_types():
    """What nothing else depends on is taken and does nothing, so that the template is deployed as it is."""
    for kind in ("AWS::Logs::QueryDefinition",):
        if kind in provisioners._RESOURCE_HANDLERS:
            sys.exit(f"test/aws/emulator.py: MiniStack knows {kind} now. Take it out here.")
        provisioners._RESOURCE_HANDLERS[kind] = {
            "create": lambda logical_id, props, stack: (f"{stack}-{logical_id}", {}),
            "delete": lambda physical_id, props: None,
        }


def pass_over_metric_math():
    """An alarm on an expression is taken and does nothing."""
    known = provisioners._RESOURCE_HANDLERS["AWS::CloudWatch::Alarm"]

    def create(logical_id, props, stack):
        if "Metrics" not in props:
            return known["create"](logical_id, props, stack)
        return passed(props.get("AlarmName", f"{stack}-{logical_id}"))

    def passed(name):
        account, region = responses.get_account_id(), responses.get_region()
        return name, {"Arn": f"arn:aws:cloudwatch:{region}:{account}:alarm:{name}"}

    def update(name, old, new, stack, logical_id=None):
        if "Metrics" not in new:
            return known["update"](name, old, new, stack, logical_id)
        # Of a metric before: it goes, and only the name is left.
        delete(name, old)
        return passed(name)

    def delete(name, props):
        if "Metrics" not in props:
            known["delete"](name, props)

    provisioners._RESOURCE_HANDLERS["AWS::CloudWatch::Alarm"] = {
        **known, "create": create, "update": update, "delete": delete
    }


def refer_to_secrets_by_arn():
    """Ref of a secret is its ARN; here it was the name, which no policy can grant."""
    known = provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]

    def name_of(arn):
        return arn.partition(":secret:")[2][:-7]

    def create(logical_id, props, stack):
        name, attributes = known["create"](logical_id, props, stack)
        return attributes["Arn"], attributes

    def update(arn, old, new, stack, logical_id=None):
        name, attributes = known["update"](name_of(arn), old, new, stack, logical_id)
        return attributes["Arn"], attributes

    def delete(arn, props):
        known["delete"](name_of(arn), props)

    provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"] = {
        **known, "create": create, "update": update, "delete": delete
    }


def sum_whole_objects():
    """An upload may ask for one CRC-32 over the whole object; here it was always the checksum of the checksums."""
    begin, join, composite = s3._create_multipart_upload, s3._complete_multipart_upload, s3._composite_checksum
    joined = contextvars.ContextVar("joined", default=None)

    def create(bucket, key, headers):
        status, answer, body = begin(bucket, key, headers)
        if status == 200 and headers.get("x-amz-checksum-type") == "FULL_OBJECT":
            upload_id = body.decode().partition("<UploadId>")[2].partition("<")[0]
            s3._multipart_uploads[upload_id]["whole"] = True
            answer["x-amz-checksum-type"] = "FULL_OBJECT"
        return status, answer, body

    def checksum(algorithm, of_parts):
        upload = joined.get()
        if upload is None or algorithm != "CRC32":
            return composite(algorithm, of_parts)
        crc = 0
        for _, part in sorted(upload["parts"].items()):
            crc = zlib.crc32(part["body"], crc)
        return base64.b64encode(crc.to_bytes(4, "big")).decode()

    def complete(bucket, key, body, query, headers=None):
        upload_id = s3._qp(query, "uploadId")
        upload = s3._multipart_uploads.get(upload_id)
        if upload is None or not upload.get("whole"):
            return join(bucket, key, body, query, headers)
        token = joined.set(upload)
        try:
            status, answer, text = join(bucket, key, body, query, headers)
        finally:
            joined.reset(token)
        if status == 200:
            s3._buckets[bucket]["objects"][key]["checksum_type"] = "FULL_OBJECT"
            text = text.replace(b">COMPOSITE<", b">FULL_OBJECT<")
            s3._completed_multipart_uploads[upload_id]["response"] = (status, answer, text)
        return status, answer, text

    s3._create_multipart_upload, s3._complete_multipart_upload = create, complete
    s3._composite_checksum = checksum


def read_ranges_of_versions():
    """A Range counts for a version as well; here the whole version was sent."""
    get = s3._get_object

    def ranged(bucket, key, headers, query_params=None):
        status, answer, body = get(bucket, key, headers, query_params)
        asked = headers.get("range", "")
        if status != 200 or not asked or not s3._qp(query_params or {}, "versionId", ""):
            return status, answer, body
        found = s3._parse_range(asked, len(body))
        if found is None:
            refused = s3._xml_body(s3._range_error_xml(bucket, key))
            return 416, {"Content-Type": "application/xml", "Content-Range": f"bytes */{len(body)}"}, refused
        start, end = found
        part = body[start : end + 1]
        answer = {name: value for name, value in answer.items() if not name.lower().startswith("x-amz-checksum")}
        answer["Content-Length"] = str(len(part))
        answer["Content-Range"] = f"bytes {start}-{end}/{len(body)}"
        return 206, answer, part

    s3._get_object = ranged


def tell_refusals():
    """One line for each call that a policy refuses: a test wants none."""
    enforce = iam_evaluator.enforce

    def told(access_key_id, iam_action, service, region, resource_arn="*", service_context=None):
        refused = enforce(access_key_id, iam_action, service, region, resource_arn, service_context)
        if refused is not None:
            who = getattr(refused, "principal_arn", "") or access_key_id
            print(f"REFUSED {iam_action} on {resource_arn} for {who}", flush=True)
        return refused

    iam_evaluator.enforce = told


def keep_to_one_port():
    """With TLS it would take port 443 too, if that is free."""
    app._port_is_bindable = lambda host, port: False


if __name__ == "__main__":
    threading.Thread(target=end_with_parent, daemon=True).start()
    keep_to_one_port()
    if sys.argv[1:] == ["mended"]:
        name_errors()
        let_invocations_end()
        tell_scheduled_time()
        encrypt_buckets()
        protect_buckets()
        keep_time_zones()
        take_unknown_types()
        pass_over_metric_math()
        refer_to_secrets_by_arn()
        sum_whole_objects()
        read_ranges_of_versions()
        tell_refusals()
    sys.argv[1:] = []
    app.main()
